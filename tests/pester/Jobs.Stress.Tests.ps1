# A thousand jobs at once on one connection: none is lost, none is stuck, and the prompt stays quick meanwhile.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
    $count = 1000

    # Seconds that a script takes, the best of three: other work on the machine only ever adds.
    function Measure-Second([scriptblock] $Script) {
        (1..3 | ForEach-Object { (Measure-Command $Script).TotalSeconds } | Measure-Object -Minimum).Minimum
    }
}

AfterAll {
    Clear-Job
}

Describe 'A thousand jobs of kind <Kind>' -ForEach @(
    @{ Kind = 'ExtensionTask' }
    @{ Kind = 'Task' }
    @{ Kind = 'Mcpc' }
    @{ Kind = 'Call' }
) {
    BeforeAll {
        $connection = Connect-Kind $Kind -Speed 1
    }

    AfterAll {
        Clear-Job
    }

    It 'all complete, each with its own result' {
        $jobs = 1..$count | ForEach-Object { Invoke-McpTool process_items @{ items = @("a$_", 'b') } -AsJob -Mode $Kind }
        (Measure-Second { Get-Job }) | Should -BeLessThan 1
        (Measure-Second { Get-McpTask }) | Should -BeLessThan 1
        (Measure-Second { $jobs | Wait-McpTask -TimeoutSec 0.2 }) | Should -BeLessThan 2
        $tasks = $jobs | Wait-McpTask -TimeoutSec 300
        $tasks.Count | Should -Be $count
        ($jobs | Where-Object State -NE Completed) | Should -BeNullOrEmpty
        $results = $jobs | Receive-Job
        $results.Count | Should -Be $count
        # In the order of the jobs: each has what it asked for.
        $expected = (1..$count).ForEach({ "A$_" })
        Compare-Object $expected $results.ForEach({ $_.results[0] }) -SyncWindow 0 | Should -BeNullOrEmpty
        $jobs | Remove-Job
    }

    It 'all end when they are stopped, and the connection stays' {
        $jobs = 1..$count | ForEach-Object { Invoke-McpTool run_forever -AsJob -Mode $Kind }
        # If each were waited for, it would be half an hour.
        (Measure-Command { $jobs | Stop-Job }).TotalSeconds | Should -BeLessThan 120
        ($jobs | Where-Object State -NE Stopped) | Should -BeNullOrEmpty
        Test-McpServer $connection -Quiet | Should -BeTrue
        $jobs | Remove-Job
    }
}

Describe 'Ctrl+C while a thousand jobs run' {
    It 'ends Wait-McpTask at once' {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript(". '$PSScriptRoot/Jobs.Common.ps1'; `$null = Connect-Kind ExtensionTask -Speed 1; `$jobs = 1..$count | ForEach-Object { Invoke-McpTool run_forever -AsJob }").Invoke()
            $shell.Commands.Clear()
            $before = $shell.Streams.Progress.Count
            $run = $shell.AddScript('$jobs | Wait-McpTask').BeginInvoke()
            Wait-Until { $shell.Streams.Progress.Count -gt $before }
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            # At once, and what a busy machine adds.
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
            $run.IsCompleted | Should -BeTrue
            $shell.Commands.Clear()
            $shell.AddScript('@($jobs | Where-Object State -EQ Running).Count; Clear-Job').Invoke() | Should -Be $count
        } finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }
}
