# The progress of Invoke-McpTool: rows, records, -ProgressVariable, milestones, log messages.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    $sample = Connect-Sample
    $odd = Connect-Faulty progress-odd
    $echo = Connect-Faulty echo
}

AfterAll {
    Disconnect-All
}

Describe '-ProgressVariable' {
    It 'gets every update, in order' {
        $null = Invoke-McpTool count @{ n = 500 } -Server $echo -ProgressVariable updates

        $updates.Count | Should -Be 500
        $updates[0].GetType().FullName | Should -Be 'McpProgress.McpProgressUpdate'
        $updates.Sequence | Should -Be (1..500)
        $updates.Progress | Should -Be (1..500)
        $updates[249].Total | Should -Be 500
        $updates[249].PercentComplete | Should -Be 50
        $updates[249].Message | Should -Be 'step 250'
        $updates[-1].Timestamp | Should -BeGreaterOrEqual $updates[0].Timestamp
        [datetimeoffset]::Now - $updates[0].Timestamp | Should -BeLessThan ([timespan]::FromMinutes(1))
    }

    It 'is replaced by the next call, and added to with a plus' {
        $null = Invoke-McpTool count @{ n = 2 } -Server $echo -ProgressVariable updates
        $null = Invoke-McpTool count @{ n = 3 } -Server $echo -ProgressVariable updates
        $updates.Progress | Should -Be 1, 2, 3
        $null = Invoke-McpTool count @{ n = 2 } -Server $echo -ProgressVariable +updates
        $updates.Progress | Should -Be 1, 2, 3, 1, 2
    }

    It 'gets the updates of all piped calls' {
        $null = 2, 3 | Invoke-McpTool count -Server $echo -ProgressVariable updates
        $updates.Progress | Should -Be 1, 2, 1, 2, 3
    }

    It 'is empty for a call without progress' {
        $null = Invoke-McpTool echo @{ message = 'quick' } -Server $echo -ProgressVariable updates
        $updates.Count | Should -Be 0
        $null -eq $updates | Should -BeFalse
    }

    It 'keeps what came before an error, with -ErrorAction <_>' -ForEach 'SilentlyContinue', 'Stop' {
        $connection = (Get-McpServer errors -ErrorAction Ignore) ?? (Connect-Faulty error-result -Name errors)
        try {
            Invoke-McpTool half-way-error -Server $connection -ProgressVariable updates -ErrorAction $_
        } catch {
            "$_" | Should -Be 'Stopped half-way.'
        }

        $updates.Progress | Should -Be 1, 2
    }

    It 'takes odd progress as it came: unknown, clamped, back, repeated; never invalid or late' {
        Invoke-McpTool odd -Server $odd -ProgressVariable updates | Should -Be 'odd done'

        $updates.Progress | Should -Be 5, 6, 150, 50, 50, 60, 70
        $updates.PercentComplete | Should -Be -1, -1, 100, 50, 50, 60, 70
        $updates[0].Total | Should -BeNullOrEmpty
        $updates[5].Message | Should -BeNullOrEmpty
        $updates[6].Message | Should -Be 'red after'
        Wait-Until { $odd.Statistics.ProgressLate -eq 2 }
        $odd.Statistics.ProgressReceived | Should -Be 7
        $odd.Statistics.ProgressInvalid | Should -Be 4
    }
}

Describe 'The progress records' {
    It 'start with the first update, end with the last and a completed one, and keep to one row' {
        # A quarter of a second an item, so that each is drawn before the next comes.
        $records = (Invoke-Apart '$null = Connect-Sample -Speed 2; $null = Invoke-McpTool process_items @{ items = 1..5 }').Progress
        $drawn = $records | Where-Object RecordType -EQ Processing

        $drawn[0].StatusDescription | Should -Match '^processing 1\b'
        $drawn[0].PercentComplete | Should -Be 20
        $drawn[0].Activity | Should -Match 'sample'
        $drawn[-1].StatusDescription | Should -Match '^done'
        $drawn[-1].PercentComplete | Should -Be 100
        $records[-1].RecordType | Should -Be 'Completed'
        $records.ActivityId | Select-Object -Unique | Should -HaveCount 1
        $drawn.Count | Should -BeGreaterThan 3
        $percent = $drawn.PercentComplete
        $percent | Should -Be ($percent | Sort-Object)
    }

    It 'coalesce a flood' {
        $records = (Invoke-Apart '$null = Connect-Faulty flood; $null = Invoke-McpTool flood @{ count = 50000 }').Progress

        $records.Count | Should -BeLessThan 200
        $records[-2].PercentComplete | Should -Be 100
        $records[-2].StatusDescription | Should -Match '^item 50000'
        $records[-1].RecordType | Should -Be 'Completed'
    }

    It 'have an unknown percentage and a count where there is no total' {
        $records = (Invoke-Apart '$null = Connect-Sample; $null = Invoke-McpTool scan_files @{ path = "x" }').Progress

        $records.PercentComplete | Select-Object -Unique | Should -Be -1
        $records[0].StatusDescription | Should -Match '\(\d+\)|^\d+'
    }

    It 'never move the bar back, and stay within 100' {
        $records = (Invoke-Apart '$null = Connect-Faulty progress-odd; $null = Invoke-McpTool odd').Progress

        $percent = $records | Where-Object RecordType -EQ Processing | ForEach-Object PercentComplete
        $percent | Should -Be ($percent | Sort-Object)
        $percent | ForEach-Object { $_ | Should -BeIn (-1..100) }
        $records.StatusDescription -join '' | Should -Not -Match '[\x00-\x1f]'
    }

    It 'count in few digits what has many' {
        $records = (Invoke-Apart '$null = Connect-Faulty progress-odd; $null = Invoke-McpTool astronomic').Progress
        $records[0].StatusDescription | Should -BeExactly '1E+300'
    }

    It 'of fast calls side by side are few, and the last one counts all' {
        $records = (Invoke-Apart '$null = Connect-Faulty echo; $null = 1..1000 | Invoke-McpTool echo -ThrottleLimit 4').Progress
        $records.Count | Should -BeLessThan 500
        $records[0].StatusDescription | Should -Match '^\d+ of \d+ calls so far$'
        $records[-2].StatusDescription | Should -Be '1000 of 1000 calls have ended'
        $records[-2].PercentComplete | Should -Be 100
        $records[-1].RecordType | Should -Be 'Completed'
    }

    It 'are completed when the call ends in <Id>' -ForEach @(
        @{ Id = 'McpToolError'; Script = '$null = Connect-Faulty error-result; Invoke-McpTool half-way-error' }
        @{ Id = 'McpTimeout'; Script = '$null = Connect-Faulty never-result; Invoke-McpTool never -TimeoutSec 2' }
    ) {
        $apart = Invoke-Apart $Script

        $apart.Errors.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $apart.Progress.Count | Should -BeGreaterThan 1
        $apart.Progress[-1].RecordType | Should -Be 'Completed'
    }

    It 'of several piped calls each have a row under a common one' {
        $records = (Invoke-Apart '$null = Connect-Sample; $null = "a", "b", "c" | Invoke-McpTool process_items').Progress
        $parent = $records | Where-Object Activity -Match '^Calling' | Select-Object -First 1
        $rows = $records | Where-Object ActivityId -NE $parent.ActivityId | Group-Object ActivityId

        $rows | Should -HaveCount 3
        $rows.ForEach({ $_.Group[-1].RecordType }) | Select-Object -Unique | Should -Be 'Completed'
        # Only with the second call it is known that there are several.
        $rows[1, 2].ForEach({ $_.Group.ParentActivityId }) | Select-Object -Unique | Should -Be $parent.ActivityId
        $records[-1].ActivityId | Should -Be $parent.ActivityId
        $records[-1].RecordType | Should -Be 'Completed'
    }

    It 'of several piped calls are all completed after -ErrorAction Stop' {
        $apart = Invoke-Apart '$null = Connect-Sample; try { 1, 1, 0 | Invoke-McpTool download_file @{ filename = "f" } -ErrorAction Stop } catch { "caught" }'
        $open = $apart.Progress | Group-Object ActivityId | Where-Object { $_.Group[-1].RecordType -ne 'Completed' }

        $apart.Progress.Activity | Should -Contain 'Calling download_file'
        $open | Should -BeNullOrEmpty
        $apart.Output | Should -Contain 'caught'
    }

    It 'have a rate and the seconds that remain' {
        $records = (Invoke-Apart '$null = Connect-Sample -Speed 1; $null = Invoke-McpTool download_file @{ filename = "f"; size_mb = 3 }').Progress
        $late = $records | Where-Object { $_.PercentComplete -ge 60 -and $_.PercentComplete -lt 100 -and $_.RecordType -eq 'Processing' }

        $late.StatusDescription | Should -Match '/s$'
        $late[0].SecondsRemaining | Should -BeIn (0..5)
    }
}

Describe 'What the user wants to see' {
    It 'is nothing with <_>' -ForEach @(
        '-ProgressAction SilentlyContinue'
        '-ProgressAction Ignore'
        '; $ProgressPreference = "SilentlyContinue"'
    ) {
        $action, $preference = $_ -split '; '
        $apart = Invoke-Apart "$preference; `$null = Connect-Sample; Invoke-McpTool process_items @{ items = 1..3 } -ProgressVariable seen $action; `$seen[-1].Message"

        $apart.Progress | Should -BeNullOrEmpty
        # Not shown is not lost.
        $apart.Output[-1] | Should -Be 'done'
    }

    It 'stops the pipeline with -ProgressAction Stop, as with any cmdlet' {
        $apart = Invoke-Apart '$null = Connect-Sample; try { Invoke-McpTool process_items @{ items = 1..3 } -ProgressAction Stop } catch { $_.FullyQualifiedErrorId }'

        $apart.Output | Should -Match '^ActionPreferenceStop'
    }

    It 'is nothing in a file' {
        $shell = Open-Pwsh '$null = Connect-Sample; $null = 1, 2 | ForEach-Object { @{ items = 1..3 } } | Invoke-McpTool process_items; "the end"'
        $errors = $shell.StandardError.ReadToEndAsync()

        $shell.StandardOutput.ReadToEnd().Trim() | Should -Be 'the end'
        $errors.Result | Should -BeNullOrEmpty
    }

    It 'has the style of $PSStyle at a terminal' -Skip:(-not $IsLinux -or @(Get-Command tmux, script -CommandType Application -ErrorAction Ignore).Count -lt 2) {
        # tmux is the terminal, and script keeps what is drawn on it.
        $text = ". '$PSScriptRoot/Servers.ps1'; `$PSStyle.Progress.Style = `"``e[35m`"; `$null = Connect-Sample; `$null = Invoke-McpTool process_items @{ items = 1..3 }; Disconnect-All"
        $encoded = [Convert]::ToBase64String([System.Text.Encoding]::Unicode.GetBytes($text))
        $socket = "$TestDrive/tmux"
        tmux -S $socket new-session -d -x 100 -y 30 "script -qec '$pwsh $pwshFirst -NoProfile -NonInteractive -EncodedCommand $encoded' '$TestDrive/drawn'; tmux -S $socket wait-for -S drawn"
        tmux -S $socket wait-for drawn

        Get-Content -LiteralPath "$TestDrive/drawn" -Raw | Should -Match "$([char]27)\[35mProcess items"
    }
}

Describe 'Without a console' {
    BeforeAll {
        $shell = Open-Pwsh '$null = Connect-Sample -Speed 20; $null = Invoke-McpTool process_items @{ items = 1..40 } -InformationAction Continue; $null = Invoke-McpTool process_items @{ items = 1..40 }; "the end"'
        $lines = $shell.StandardOutput.ReadToEnd() -split "`n"
    }

    It 'one line each ten percent tells how it goes, and only when asked for' {
        $milestones = $lines -match '%'

        $milestones.Count | Should -BeGreaterThan 2
        $milestones.Count | Should -BeLessOrEqual 12
        $milestones[-1] | Should -Match '100 % - done'
        $lines | Should -Contain 'the end'
    }
}

Describe 'The log messages of a server' {
    It 'become information records' {
        $apart = Invoke-Apart '$null = Connect-Sample; $null = Invoke-McpTool download_file @{ filename = "f"; size_mb = 1 }'

        $apart.Information.Where({ $_.Tags -contains 'McpLog' }).MessageData -join '|' |
            Should -Match 'Starting download of f \(1MB\).*\|.*Download completed: f'
    }
}
