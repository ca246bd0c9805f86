# Start-McpEventLog and Stop-McpEventLog: what reaches the file, and when it cannot.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')

    # What a log holds, read anew until it is what is waited for.
    function Read-Log([string] $Path) {
        @(Get-McpEvent -Path $Path -ErrorAction Ignore -WarningAction SilentlyContinue)
    }
}

AfterAll {
    Stop-McpEventLog
    Disconnect-All
}

Describe 'An event log' {
    BeforeEach {
        $path = Join-Path $TestDrive "$(New-Guid).jsonl"
    }

    It 'is written as lines of JSON, and says how it stands' {
        $log = Start-McpEventLog $path
        $log | Should -BeOfType McpProgress.McpEventLog
        $log.Path, $log.Status | Should -Be $path, 'Writing'
        $null = New-McpEvent one @{ n = 1 }
        $null = New-McpEvent two
        Stop-McpEventLog $path

        $log.Written, $log.Missed, $log.Status | Should -Be 2, 0, 'Ended'
        if (-not $IsWindows) { (Get-Item $path).UnixMode | Should -Be '-rw-------' }
        $lines = Get-Content $path
        $lines | Should -HaveCount 2
        ($lines[0] | ConvertFrom-Json).data.n | Should -Be 1
        ($log | Out-String -Width 200) -replace '\e\[[\d;]*m' | Should -Match '2 +0 Ended'
    }

    It 'is flushed while it is written' {
        $log = Start-McpEventLog $path
        $null = New-McpEvent one
        Wait-Until { (Read-Log $path).Count -eq 1 }
        $log.Status | Should -Be 'Writing'
        $log | Stop-McpEventLog
    }

    It 'is read from the pipeline, as a log and as a file' {
        $log = Start-McpEventLog $path
        $null = New-McpEvent one
        Stop-McpEventLog
        ($log | Get-McpEvent).Name | Should -Be 'one'
        (Get-Item $path | Get-McpEvent).Name | Should -Be 'one'
    }

    It 'holds the wanted names only, and goes on with an existing file' {
        Start-McpEventLog $path -Name t*, three | Out-Null
        'one', 'two', 'three' | ForEach-Object { $null = New-McpEvent $_ }
        Stop-McpEventLog
        Start-McpEventLog $path | Out-Null
        $null = New-McpEvent four
        Stop-McpEventLog
        (Read-Log $path).Name | Should -Be 'two', 'three', 'four'
    }

    It 'takes a path relative to the location' {
        Push-Location $TestDrive
        try {
            $log = Start-McpEventLog relative.jsonl
            Stop-McpEventLog relative.jsonl
            $log.Path | Should -Be (Join-Path $TestDrive relative.jsonl)
            'relative.jsonl' | Should -Exist
        } finally {
            Pop-Location
        }
    }

    It 'is put aside when it is full' {
        $log = Start-McpEventLog $path -MaximumSizeMB 0.001
        foreach ($number in 1..3) {
            $null = New-McpEvent "event-$number" @{ fill = 'x' * 2000 }
            Wait-Until { $log.Written -eq $number }
        }
        $log | Stop-McpEventLog
        Get-ChildItem $TestDrive -Filter "$(Split-Path $path -Leaf)*" | Should -HaveCount 3
        (Read-Log $path).Name | Should -Be 'event-3'
        (Read-Log "$path.2").Name | Should -Be 'event-1'
    }

    It 'takes the events of several processes, every line whole' {
        $processes = 1..2 | ForEach-Object {
            Open-Pwsh "`$null = Start-McpEventLog '$path' -MaximumSizeMB 0; foreach (`$n in 1..500) { `$null = New-McpEvent writer-$_ @{ n = `$n; fill = 'x' * 300 } }; Stop-McpEventLog"
        }
        foreach ($process in $processes) {
            $process.WaitForExit(120000) | Should -BeTrue
            $process.ExitCode | Should -Be 0 -Because $process.StandardError.ReadToEnd()
        }
        $events = Get-McpEvent -Path $path -WarningVariable said
        $said | Should -BeNullOrEmpty
        foreach ($writer in 1, 2) {
            ($events | Where-Object Name -EQ "writer-$writer").Data.n | Should -Be (1..500)
        }
    }

    It 'is not ended by null: <_>' -ForEach '$null | Stop-McpEventLog', 'Stop-McpEventLog $null' {
        $log = Start-McpEventLog $path
        (Get-Failure ([scriptblock]::Create($_))).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentValidationError*'
        $log.Status | Should -Be 'Writing'
        Stop-McpEventLog
    }

    It 'costs nothing with -WhatIf' {
        Start-McpEventLog $path -WhatIf | Should -BeNullOrEmpty
        $path | Should -Not -Exist
        $log = Start-McpEventLog $path
        Stop-McpEventLog -WhatIf
        $log.Status | Should -Be 'Writing'
        Stop-McpEventLog
    }

    It 'is refused: <Case>' -ForEach @(
        @{ Case = 'a folder that is not there'; Try = { Start-McpEventLog (Join-Path $TestDrive missing x.jsonl) }; Says = 'cannot be written' }
        @{ Case = 'a folder'; Try = { Start-McpEventLog $TestDrive }; Says = 'cannot be written' }
        @{ Case = 'a bad wildcard'; Try = { Start-McpEventLog (Join-Path $TestDrive a.jsonl) -Name '[' }; Says = 'no wildcard pattern' }
        @{ Case = 'the same file twice'; Try = { Start-McpEventLog (Join-Path $TestDrive b.jsonl); Start-McpEventLog (Join-Path $TestDrive b.jsonl) }; Says = 'already' }
        @{ Case = 'to end one there is not'; Try = { Stop-McpEventLog (Join-Path $TestDrive c.jsonl) }; Says = 'No event log' }
    ) {
        $failure = Get-Failure $Try
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        $failure.Exception.Message | Should -BeLike "*$Says*"
        Stop-McpEventLog
    }

    It 'on a full disk ends with a warning, and the work goes on' -Skip:(-not $IsLinux) {
        $ran = Invoke-Apart @'
            $null = Connect-Sample
            $log = Start-McpEventLog /dev/full
            Invoke-McpTool echo @{ text = 'one' }
            Wait-Until { $log.Status -ne 'Writing' }
            Invoke-McpTool echo @{ text = 'two' }
            $log.Status
            Stop-McpEventLog
            $log.Missed
'@
        $ran.Errors | Should -BeNullOrEmpty
        $ran.Output[0, 1] | Should -Be 'one', 'two'
        $ran.Output[2] | Should -BeLike 'Failed: *'
        $ran.Output[3] | Should -Be 4
        @($ran.Warnings) -match "^The event log '/dev/full' has stopped: " | Should -HaveCount 1
        @($ran.Warnings) -match "^The event log '/dev/full' lacks 4 events: it could no longer be written" | Should -HaveCount 1
    }
}

Describe 'The end of <Case>' -ForEach @(
    @{ Case = 'the module'; Name = 'module'; End = 'Remove-Module McpProgress' }
    @{ Case = 'the process'; Name = 'process'; End = 'exit' }
) {
    It 'leaves a whole log, the end of the connections included' {
        $path = Join-Path $TestDrive "$Name.jsonl"
        $process = Open-Pwsh "`$null = Start-McpEventLog '$path'; `$null = Connect-Sample; `$null = Invoke-McpTool process_items @{ items = 'a' }; $End"
        $process.WaitForExit(60000) | Should -BeTrue
        (Read-Log $path).Name | Should -Be 'connected', 'call.started', 'progress', 'progress', 'result', 'disconnected'
    }
}

Describe 'The end of a runspace' {
    It 'leaves a whole log, the end of the connections included' {
        $path = Join-Path $TestDrive runspace.jsonl
        $null = Invoke-Apart "`$null = Start-McpEventLog '$path'; `$null = Connect-Sample; Invoke-McpTool echo @{ text = 'x' }"
        Wait-Until { (Read-Log $path).Name -contains 'disconnected' }
        (Read-Log $path).Name | Should -Be 'connected', 'call.started', 'result', 'disconnected'
    }
}
