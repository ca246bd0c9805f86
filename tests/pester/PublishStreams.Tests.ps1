# Verbose, Debug, Information, Warning and Write-Host of published commands, as log messages.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Connect-Published
    $server = Start-McpProgressServer -Http -Path $publishedScript -Name streams
    $messages = Send-Raw $server Write-Stream @{} -LogLevel debug
    $said = @($messages | Where-Object method -EQ 'notifications/message').params
}

AfterAll {
    Disconnect-All
}

Describe 'A stream' {
    It '<From> becomes a log message of level <Level>' -ForEach @(
        @{ From = 'Verbose'; Level = 'debug'; Text = 'a verbose line' }
        @{ From = 'Debug'; Level = 'debug'; Text = 'a debug line' }
        @{ From = 'Information'; Level = 'info'; Text = 'an information line' }
        @{ From = 'Write-Host'; Level = 'info'; Text = 'a host line' }
        @{ From = 'Write-Host -NoNewline'; Level = 'info'; Text = 'half a line' }
        @{ From = 'Warning'; Level = 'warning'; Text = 'a warning' }
    ) {
        $found = @($said | Where-Object data -EQ $Text)
        $found.Count | Should -Be 1
        $found[0].level | Should -Be $Level
        $found[0].logger | Should -Be 'Write-Stream'
    }

    It 'keeps the order in which the command spoke' {
        $said.data | Should -Be 'a verbose line', 'a debug line', 'an information line', 'a host line', 'half a line', 'a warning'
    }

    It 'is whole where runspaces of the command''s own speak to its host at the same time' {
        function global:Write-Together {
            [CmdletBinding()]
            param()

            $pool = [runspacefactory]::CreateRunspacePool(1, 8, [initialsessionstate]::CreateDefault2(), $Host)
            $pool.Open()
            $speakers = 1..8 | ForEach-Object {
                $shell = [powershell]::Create()
                $shell.RunspacePool = $pool
                $null = $shell.AddScript({
                        param($id)
                        foreach ($line in 1..500) {
                            $Host.UI.WriteLine("line $id/$line")
                            $Host.UI.WriteProgress($id, [System.Management.Automation.ProgressRecord]::new($id, "A$id", "S$line"))
                        }
                    }).AddArgument($_)
                [pscustomobject]@{ Shell = $shell; Running = $shell.BeginInvoke() }
            }
            foreach ($speaker in $speakers) {
                $speaker.Shell.EndInvoke($speaker.Running)
                $speaker.Shell.Streams.Error.ForEach({ "error: $_" })
            }
            $pool.Dispose()
        }
        try {
            $together = Start-McpProgressServer -Http -Command Write-Together -Name together
            foreach ($round in 1..3) {
                $answers = Send-Raw $together Write-Together @{} -LogLevel info -ProgressToken p
                $answers[-1].result.content.text | Should -BeNullOrEmpty
                $lines = @($answers | Where-Object method -EQ 'notifications/message').params.data
                $lines.Count | Should -Be 4000
                @($lines -match '^line \d/\d+$' | Sort-Object -Unique).Count | Should -Be 4000
            }
        } finally {
            Remove-Item Function:/Write-Together
            Stop-McpProgressServer together
        }
    }

    It 'leaves the output alone' {
        $messages[-1].result.content.text | Should -Be 'an output line'
    }

    It 'of errors is of level error' {
        $errors = (Send-Raw $server Write-Mistake @{} -LogLevel error | Where-Object method -EQ 'notifications/message').params
        $errors.level | Should -Be 'error'
        $errors.data | Should -BeLike 'mistake 1 *'
    }

    It 'is silent for a client that did not ask' {
        (Send-Raw $server Write-Stream @{}).method | Should -BeNullOrEmpty
        @(Send-Raw $server Write-Stream @{} -LogLevel warning | Where-Object method).params.level | Should -Be 'warning'
    }

    It 'reaches our own client''s streams' {
        $lines = Invoke-McpTool Write-Stream 3>&1 6>&1 | ForEach-Object { "$($_.GetType().Name) $_" }
        $lines | Should -Contain 'WarningRecord Write-Stream: a warning'
        $lines | Should -Contain 'InformationRecord Write-Stream: an information line'
    }

    It 'of level debug reach our own client with -Verbose, in revision <_>' -ForEach '2026-07-28', '2025-11-25' {
        $connection = Connect-McpServer -Uri $server.Uri -ProtocolVersion $_
        Invoke-McpTool Write-Stream -Server $connection 4>&1 3>$null 6>$null | Should -Be 'an output line'
        $lines = Invoke-McpTool Write-Stream -Server $connection -Verbose 4>&1 3>$null 6>$null | ForEach-Object { "$($_.GetType().Name) $_" }
        $lines | Should -Contain 'VerboseRecord Write-Stream: a verbose line'
        $lines | Should -Contain 'VerboseRecord Write-Stream: a debug line'
        $job = Invoke-McpTool Write-Stream -Server $connection -AsJob -Mode Call
        $null = Wait-Job $job
        Receive-Job $job -Verbose 4>&1 3>$null 6>$null | ForEach-Object { "$_" } | Should -Contain 'a verbose line'
        Remove-Job $job
        $connection | Disconnect-McpServer
    }
}

Describe 'The console' {
    BeforeAll {
        $result = Get-Result Write-Console 3>$null
    }

    It 'is the standard error, and never the protocol' {
        (Get-McpServer published).Status | Should -Be 'Connected'
        Invoke-McpTool Write-Console 3>$null | Should -Not -BeNullOrEmpty
    }

    It 'has nothing to read, for the command and for the programs it starts' {
        $result.isError | Should -BeFalse
        $result.content[0].text | Should -BeLike 'captured: from a program*' -Because 'a program that reads its input finds its end'
    }
}
