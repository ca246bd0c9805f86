# Stop-McpTask: ends tasks here at once, and says so where the server cannot.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
    $connection = Connect-Kind ExtensionTask
}

AfterAll {
    Clear-Job
}

Describe 'Stop-McpTask' {
    AfterEach {
        Get-Job | Remove-Job -Force
    }

    It 'stops <Case>' -ForEach @(
        @{ Case = 'a job'; Stop = { Stop-McpTask $job } }
        @{ Case = 'a task from the pipeline'; Stop = { Get-McpTask $job | Stop-McpTask } }
        @{ Case = 'an id'; Stop = { Stop-McpTask $job.Task.Id } }
        @{ Case = 'a job''s id'; Stop = { Stop-McpTask $job.Id } }
    ) {
        $job = Invoke-McpTool run_forever -AsJob
        & $Stop
        $null = Wait-Job $job -Timeout 60
        $job.State | Should -Be 'Stopped'
    }

    It 'returns when the jobs can be removed' {
        foreach ($round in 1..20) {
            $jobs = 1..3 | ForEach-Object { Invoke-McpTool run_forever -AsJob }
            Stop-McpTask $jobs
            $jobs.State | Should -Be ('Stopped', 'Stopped', 'Stopped')
            $jobs | Remove-McpTask -ErrorAction Stop
        }
    }

    It 'does nothing with -WhatIf' {
        $job = Invoke-McpTool run_forever -AsJob
        Stop-McpTask $job -WhatIf
        $job.State | Should -Be 'Running'
    }

    It 'leaves what has ended alone' {
        $job = Invoke-McpTool echo @{ text = 'x' } -AsJob | Wait-Job
        Stop-McpTask $job -ErrorAction Stop
        $job.State | Should -Be 'Completed'
    }

    It 'fails for what is not there' {
        (Get-Failure { Stop-McpTask no-such-task }).FullyQualifiedErrorId | Should -BeLike 'McpTaskNotFound*'
    }
}
