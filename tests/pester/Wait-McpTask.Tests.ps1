# Wait-McpTask: waits with a bar for each task, and returns those that have ended.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
    $connection = Connect-Kind ExtensionTask
}

AfterAll {
    Clear-Job
}

Describe 'Wait-McpTask' {
    AfterEach {
        Get-Job | Remove-Job -Force
    }

    It 'returns the tasks when all have ended, and their jobs have' {
        $jobs = 1..3 | ForEach-Object { Invoke-McpTool process_items @{ items = @('a') } -AsJob }
        $tasks = $jobs | Wait-McpTask
        $jobs.State | Should -Be 'Completed', 'Completed', 'Completed'
        $tasks.JobId | Should -Be $jobs.Id
        $tasks.Status | Sort-Object -Unique | Should -Be 'Completed'
    }

    It 'takes all that run when none is named' {
        # Seconds of work: none ends before it is waited for.
        $slow = Connect-Kind ExtensionTask -Name slow -Speed 2
        $jobs = 1..2 | ForEach-Object { Invoke-McpTool analyze_data @{ data_id = "d$_" } -AsJob -Server $slow }
        (Wait-McpTask).JobId | Sort-Object | Should -Be $jobs.Id
        Wait-McpTask | Should -BeNullOrEmpty
        @() | Wait-McpTask | Should -BeNullOrEmpty
        $slow | Disconnect-McpServer
    }

    It 'returns at the first with -Any' {
        $endless = Invoke-McpTool run_forever -AsJob
        $short = Invoke-McpTool process_items @{ items = @('a') } -AsJob
        (Wait-McpTask $endless, $short -Any).JobId | Should -Be $short.Id
        $endless.State | Should -Be 'Running'
    }

    It 'does not take one that has lost its connection for the first with -Any' {
        $lost = Get-LostJob other
        $short = Invoke-McpTool process_items @{ items = @('a') } -AsJob -Server $connection
        (Wait-McpTask $lost, $short -Any -WarningAction SilentlyContinue).JobId | Should -Be $short.Id
        Wait-McpTask $lost -Any -WarningAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'waits for one that finds a new connection meanwhile' {
        $server = Start-McpProgressServer -Http -Speed 20 -Name again
        $first = Connect-McpServer -Uri $server.Uri
        $lost = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob -Server $first
        $endless = Invoke-McpTool run_forever -AsJob -Server $connection
        Wait-Until { $lost.Task.InputRequest.Count -eq 1 }
        $null = Register-McpEvent disconnected -Server $first.Name -MaxTriggerCount 1 {
            $null = Connect-McpServer -Uri $server.Uri
            Send-McpTaskInput $lost @{ confirm = $true }
            $null = Wait-Job $lost -Timeout 60
            Stop-McpTask $endless
        }
        # After the other: progress may come at once.
        $null = Register-McpEvent progress -Server $connection.Name -MaxTriggerCount 1 { $first | Disconnect-McpServer }
        (Wait-McpTask $lost, $endless -TimeoutSec 60).Status | Should -Be 'Completed', 'Cancelled'
        $server | Stop-McpProgressServer
        Get-McpServer | Where-Object Name -NE $connection.Name | Disconnect-McpServer
    }

    It 'returns what has ended after -TimeoutSec, and leaves the rest alone' {
        $endless = Invoke-McpTool run_forever -AsJob
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        Wait-McpTask $endless -TimeoutSec 0.3 | Should -BeNullOrEmpty
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        $endless.State | Should -Be 'Running'
    }

    It 'returns failed and stopped tasks too, without an error' {
        $jobs = @(Invoke-McpTool fail_halfway -AsJob; Invoke-McpTool run_forever -AsJob)
        Stop-Job $jobs[1]
        $tasks = $jobs | Wait-McpTask -ErrorAction Stop
        $tasks.Count | Should -Be 2
        $jobs.State | Should -Be 'Failed', 'Stopped'
    }

    It 'fails for what is not there' {
        (Get-Failure { Wait-McpTask no-such-task }).FullyQualifiedErrorId | Should -BeLike 'McpTaskNotFound*'
    }

    It 'draws a bar for each task under one for all, and takes them away' {
        $result = Invoke-Apart {
            . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
            $null = Connect-Kind ExtensionTask -Speed 2
            $jobs = 1..3 | ForEach-Object { Invoke-McpTool analyze_data @{ data_id = "d$_" } -AsJob }
            $null = $jobs | Wait-McpTask
            Clear-Job
        }.ToString().Replace('$PSScriptRoot', "'$PSScriptRoot'")
        $result.Errors | Should -BeNullOrEmpty
        $rows = $result.Progress | Group-Object ActivityId
        $rows.Count | Should -Be 4
        $parent = $rows.Where({ $_.Group[0].Activity -eq 'Waiting for tasks' })
        $parent.Group[-1].RecordType | Should -Be 'Completed'
        $bars = $rows.Where({ $_.Group[0].Activity -match '^Job\d+: Analyze data \(ExtensionTask\)$' })
        $bars.Count | Should -Be 3
        $bars.ForEach({ $_.Group[0].ParentActivityId }) | Sort-Object -Unique | Should -Be $parent.Group[0].ActivityId
        $bars.ForEach({ $_.Group[-1].RecordType }) | Sort-Object -Unique | Should -Be 'Completed'
        $bars.ForEach({ ($_.Group.PercentComplete | Measure-Object -Maximum).Maximum }) | ForEach-Object { $_ | Should -BeGreaterOrEqual 60 }
        ($result.Progress.StatusDescription -match 'of 3 have ended').Count | Should -BeGreaterThan 0
    }

    It 'stops at once with its pipeline, and the tasks go on' {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript(". '$PSScriptRoot/Jobs.Common.ps1'; `$null = Connect-Kind ExtensionTask; `$job = Invoke-McpTool run_forever -AsJob").Invoke()
            $shell.Commands.Clear()
            $run = $shell.AddScript('Wait-McpTask $job').BeginInvoke()
            Wait-Until { $shell.Streams.Progress.Count -gt 0 }
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            # At once, and what a busy machine adds.
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
            $run.IsCompleted | Should -BeTrue
            $shell.Streams.Progress[-1].RecordType | Should -Be 'Completed'
            $shell.Commands.Clear()
            $shell.AddScript('$job.State; Clear-Job').Invoke() | Should -Be 'Running'
        } finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }
}
