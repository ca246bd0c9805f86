# Waiting for an event.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    $null = Connect-Sample
}

AfterAll {
    Disconnect-All
}

Describe 'Wait-McpEvent' {
    AfterEach {
        Get-EventSubscriber | Unregister-Event
        Get-Job | Remove-Job -Force
    }

    It 'returns an event that happens while it waits' {
        $job = Invoke-McpTool run_forever -AsJob -Mode Call
        $found = Wait-McpEvent progress, failed -TimeoutSec 60
        $found.Name | Should -Be 'progress'
        $found.TaskId | Should -Be $job.Task.Id
    }

    It 'returns the first that the filter accepts' {
        $before = New-McpEvent begin
        foreach ($number in 1..4) { $null = New-McpEvent numbered @{ n = $number } }
        $found = Wait-McpEvent * { $_.Name -eq 'numbered' -and $args[0].Data.n -gt 2 } -Since $before.Timestamp -TimeoutSec 60
        $found.Data.n | Should -Be 3
    }

    It 'takes none of before, without -Since' {
        $null = New-McpEvent early
        $failure = Get-Failure { Wait-McpEvent early -TimeoutSec 0.3 }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpTimeout,*'
        $failure.CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failure.Exception.Message | Should -BeLike "*'early'*0*3 s*"
    }

    It 'takes the oldest since then' {
        $null = New-McpEvent numbered @{ n = 1 }
        $second = New-McpEvent numbered @{ n = 2 }
        $null = New-McpEvent numbered @{ n = 3 }
        (Wait-McpEvent numb* -Since $second.Timestamp -TimeoutSec 60).Data.n | Should -Be 2
    }

    It 'waits for the events of a server' {
        $start = (New-McpEvent begin).Timestamp
        $null = Invoke-McpTool echo @{ text = 'x' }
        (Wait-McpEvent result -Server samp* -Since $start -TimeoutSec 60).Server | Should -Be 'sample'
        { Wait-McpEvent result -Server nobody -Since $start -TimeoutSec 0.2 -ErrorAction Stop } | Should -Throw -ErrorId 'McpTimeout,*'
    }

    It 'lets handlers run meanwhile, and sees what they cause' {
        $null = Register-McpEvent result { $null = New-McpEvent reaction @{ to = $_.Data.tool } }
        $null = Invoke-McpTool process_items @{ items = 1..3 } -AsJob
        (Wait-McpEvent reaction -TimeoutSec 60 -Since (Get-Date).AddSeconds(-5)).Data.to | Should -Be 'process_items'
    }

    It 'lets handlers run for what happened before it, while the engine had no moment for them' {
        $null = Register-McpEvent result { $null = New-McpEvent reaction }
        $start = New-McpEvent begin
        $job = Invoke-McpTool process_data @{ records = 400 } -AsJob -Mode Call

        # One expression: between its parts the engine runs nothing.
        $waited = $job.Finished.WaitOne(60000), (Wait-McpEvent reaction -Since $start.Timestamp -TimeoutSec 60)

        $waited[0] | Should -BeTrue
        $waited[1].Name | Should -Be 'reaction'
    }

    It 'ends with the error of its filter' {
        $since = (New-McpEvent begin).Timestamp
        $failure = Get-Failure { Wait-McpEvent begin { throw 'no idea' } -Since $since -TimeoutSec 60 }
        $failure.Exception.Message | Should -Be 'no idea'
    }

    It 'refuses a bad wildcard' {
        (Get-Failure { Wait-McpEvent '[' -TimeoutSec 1 }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }

    It 'ends by Ctrl+C' {
        $shell = [powershell]::Create()
        try {
            $run = $shell.AddScript(". '$PSScriptRoot/Servers.ps1'; Write-Information waiting; Wait-McpEvent never").BeginInvoke()
            Wait-Until { $shell.Streams.Information.Count -gt 0 -or $run.IsCompleted }
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            # At once, and what a busy machine adds.
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        } finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }
}
