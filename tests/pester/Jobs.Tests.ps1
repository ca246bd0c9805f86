# Background work of every kind as a PowerShell job, over the sample server.

BeforeDiscovery {
    $kinds = @(
        @{ Kind = 'Call' }
        @{ Kind = 'ExtensionTask' }
        # These need a shell to keep the newer revision from the server.
        @{ Kind = 'Mcpc' }; @{ Kind = 'Task' }
    )
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
}

AfterAll {
    Clear-Job
}

Describe 'A job of kind <Kind>' -ForEach $kinds {
    BeforeAll {
        $connection = Connect-Kind $Kind

        function Invoke-Work([string] $Tool = 'process_items', [hashtable] $Argument = @{ items = @('a', 'b') }) {
            Invoke-McpTool $Tool $Argument -AsJob -Mode $Kind -Server $connection -ErrorAction Stop
        }
    }

    AfterAll {
        Clear-Job
    }

    It 'is one of the session''s jobs' {
        $job = Invoke-Work
        $job.GetType().FullName | Should -Be 'McpProgress.McpJob'
        $job.PSJobTypeName | Should -Be 'McpTask'
        $job.Location | Should -Be $Kind
        $job.Task.Kind | Should -Be $Kind
        Get-Job -Id $job.Id | Should -Be $job
        Wait-Job $job | Should -Be $job
    }

    It 'gives its result once' {
        $job = Invoke-Work | Wait-Job
        $job.State | Should -Be 'Completed'
        $job.HasMoreData | Should -BeTrue
        (Receive-Job $job).results | Should -Be 'A', 'B'
        $job.HasMoreData | Should -BeFalse
        Receive-Job $job | Should -BeNullOrEmpty
    }

    It 'keeps its result with -Keep' {
        $job = Invoke-Work | Wait-Job
        (Receive-Job $job -Keep).processed | Should -Be 2
        (Receive-Job $job -Keep).processed | Should -Be 2
    }

    It 'is waited for, received and removed in one go' {
        $job = Invoke-Work
        (Receive-Job $job -Wait -AutoRemoveJob).processed | Should -Be 2
        Get-Job -Id $job.Id -ErrorAction Ignore | Should -BeNullOrEmpty
        Get-McpTask | Where-Object JobId -EQ $job.Id | Should -BeNullOrEmpty
    }

    It 'has its outcome in its streams when it has its final state' {
        $job = Invoke-Work
        # No waiting in between: what the streams do not have now, they will never have.
        Wait-Until { $job.State -eq 'Completed' }
        $job.Output.Count | Should -Be 1
        $job.Error.Count | Should -Be 0
        $job.Progress.Count | Should -Be 1
        $job.Progress[0].RecordType | Should -Be 'Completed'
    }

    It 'shows how far it is, and replaces its progress' {
        # A second a step: the job must not end while it is looked at.
        $slow = Connect-Kind $Kind -Name "slow-$Kind" -Speed 1
        $job = Invoke-McpTool analyze_data @{ data_id = 'd1' } -AsJob -Mode $Kind -Server $slow
        $most = 0
        Wait-Until { $most = [Math]::Max($most, $job.Progress.Count); $job.PercentComplete -ge 40 -or $job.State -ne 'Running' }
        $job.State | Should -Be 'Running'
        $job.StatusMessage | Should -Match '^Processing step \d/5$'
        $task = Get-McpTask $job
        $task.Status | Should -Be 'Working'
        $task.PercentComplete | Should -BeGreaterOrEqual 40
        $task.StatusMessage | Should -Match '^Processing step \d/5$'
        Stop-Job $job
        $most | Should -BeLessOrEqual 1
        $job.Progress.Count | Should -Be 1
    }

    It 'ends when it is stopped' {
        $job = Invoke-Work run_forever @{}
        Wait-Until { $job.StatusMessage -eq 'Still running' }
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        Stop-Job $job
        # At once, and what a busy machine adds.
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        $job.State | Should -Be 'Stopped'
        $job.Error.Count | Should -Be 0
        (Get-McpTask $job).Status | Should -Be 'Cancelled'
        Test-McpServer $connection -Quiet | Should -BeTrue
    }

    It 'is not removed while it runs, except by force' {
        $job = Invoke-Work run_forever @{}
        (Get-Failure { Remove-Job $job }).FullyQualifiedErrorId | Should -BeLike '*RemoveJobCommand'
        Remove-Job $job -Force
        Get-Job -Id $job.Id -ErrorAction Ignore | Should -BeNullOrEmpty
        $job.Task.Status | Should -Be 'Cancelled'
    }

    It 'can be disposed while it runs' {
        $job = Invoke-Work run_forever @{}
        $task = $job.Task
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $job.Dispose()
        # Who stops a job may wait two seconds for its end; who disposes one does not wait.
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 2
        Wait-Until { $task.Status -eq 'Cancelled' }
        Wait-Until { -not (Get-McpTask | Where-Object Id -EQ $task.Id) }
        # The engine still lists it; what it removes is disposed twice.
        Get-Job -Id $job.Id -ErrorAction Ignore | Remove-Job -Force
    }

    It 'fails with one error when its tool fails' {
        $job = Invoke-Work fail_halfway @{} | Wait-Job
        $job.State | Should -Be 'Failed'
        $job.Progress[-1].RecordType | Should -Be 'Completed'
        $output = Receive-Job $job -ErrorVariable failures -ErrorAction SilentlyContinue
        $output | Should -BeNullOrEmpty
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -BeLike 'McpToolError*'
        $failures[0].TargetObject | Should -Be $job.Task.Id
    }

    It 'ends after -TimeoutSec' {
        $job = Invoke-McpTool run_forever -AsJob -Mode $Kind -Server $connection -TimeoutSec 1 | Wait-Job
        $job.State | Should -Be 'Failed'
        (Get-Failure { Receive-Job $job -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'McpTimeout*'
    }

    It 'answers what its tool asks with its handler' {
        $job = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob -Mode $Kind -Server $connection -InputHandler {
            param($request)
            @{ confirm = $request.Message -match 'Luigi'; guests = 4 }
        }
        $result = Receive-Job $job -Wait
        $result.booked | Should -BeTrue
        $result.guests | Should -Be 4
    }

    It 'says in its status that it waits for input' {
        $job = Invoke-Work book_table @{ restaurant = 'Luigi' }
        Wait-Until { (Get-McpTask $job).Status -eq 'InputRequired' }
        $job.State | Should -Be 'Running'
        $job.StatusMessage | Should -Match 'A table at Luigi'
        Send-McpTaskInput $job @{ confirm = $true }
        (Receive-Job $job -Wait).seating | Should -Be 'inside'
    }
}

Describe 'Jobs' {
    BeforeAll {
        $connection = Connect-Sample -Speed 20
    }

    It 'have the name they are given' {
        $job = Invoke-McpTool echo @{ text = 'x' } -AsJob -JobName first
        Get-Job first | Should -Be $job
        Receive-Job -Name first -Wait | Should -Be 'x'
    }

    It 'end though a handler of their output throws, and say so' {
        $job = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob
        $job.Output, $job.Error | ForEach-Object { $_.add_DataAdded({ throw 'no' }) }
        Wait-Until { $job.Task.InputRequest }
        Send-McpTaskInput $job @{ confirm = $true }
        $null = Wait-Job $job -Timeout 60
        $job.State | Should -Be 'Failed'
        "$($job.Error)" | Should -Match 'cannot be output'
        Remove-Job $job
    }

    It 'are started one for each piped object' {
        $jobs = 'a', 'b', 'c' | Invoke-McpTool echo -AsJob
        $jobs | Receive-Job -Wait | Sort-Object | Should -Be 'a', 'b', 'c'
    }

    It 'have a view with their progress that fits 80 columns' {
        # A second a step: the job must not end before it is shown.
        $slow = Connect-Sample -Name slow -Speed 1
        $job = Invoke-McpTool analyze_data @{ data_id = 'd1' } -AsJob -JobName view -Server $slow
        Wait-Until { $job.PercentComplete -ge 20 }
        $lines = $job | Out-String -Width 80 | ForEach-Object { $_ -replace '\e\[[\d;]*m' -split '\r?\n' -match '\S' }
        $lines | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        $lines[-1] | Should -Match "^ *$($job.Id) view +slow +Running +\w+ +\d+ Processing step"
        Stop-Job $job
        $slow | Disconnect-McpServer
    }

    It 'carry the server''s log' {
        $job = Invoke-McpTool process_data @{ records = 3 } -AsJob -Mode Call | Wait-Job
        $information = Receive-Job $job -InformationAction SilentlyContinue 6>&1 | Where-Object { $_ -is [System.Management.Automation.InformationRecord] }
        $information.Count | Should -BeGreaterThan 0
        $information[0].Tags | Should -Contain 'McpLog'
    }

    It 'carry it, too, where another runspace opened the connection' {
        $connection = Connect-Sample
        $job = Start-ThreadJob {
            . $using:PSScriptRoot/Servers.ps1
            Invoke-McpTool download_file @{ filename = 'a'; size_mb = 1 } -AsJob -Mode Call -Server $using:connection | Wait-Job
        } | Receive-Job -Wait -AutoRemoveJob
        "$($job.Information)" | Should -Be 'Starting download of a (1MB) Download completed: a'
        $connection | Disconnect-McpServer
    }

    It 'carry their own part of the server''s log each, kind <_>' -ForEach 'Call', 'Mcpc', 'Task' {
        $kind = $_
        $connection = Connect-Kind $kind -Name "log-$kind"
        $jobs = 'a', 'b', 'c' | ForEach-Object { Invoke-McpTool download_file @{ filename = $_; size_mb = 1 } -AsJob -Mode $kind -Server $connection }
        $said = Invoke-McpTool download_file @{ filename = 'd'; size_mb = 1 } -Server $connection 6>&1 | Where-Object Tags -Contains McpLog
        "$said" | Should -Be 'download_file: Starting download of d (1MB) download_file: Download completed: d'
        $null = $jobs | Wait-Job
        foreach ($job in $jobs) {
            $file = ($job.Output[0] | Out-String) -replace '(?s).*downloaded (\w).*', '$1'
            "$($job.Information)" | Should -Be "Starting download of $file (1MB) Download completed: $file"
        }

        $connection | Disconnect-McpServer
    }

    It 'are refused where the server does not have the way that is asked for' {
        (Get-Failure { Invoke-McpTool process_items @{ items = 'a' } -AsJob -Mode Task }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument*'
    }

    It 'of the engine and of this module are waited for together' {
        $jobs = @(Start-ThreadJob { 1 }; Invoke-McpTool echo @{ text = 2 } -AsJob)
        $jobs | Receive-Job -Wait -AutoRemoveJob | Sort-Object | Should -Be 1, 2
    }
}
