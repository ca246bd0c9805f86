# Remove-McpTask: forgets tasks, their jobs, and what is kept of them.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
    $connection = Connect-Kind ExtensionTask
}

AfterAll {
    Clear-Job
}

Describe 'Remove-McpTask' {
    AfterEach {
        Get-Job | Remove-Job -Force
    }

    It 'removes a task that has ended, with its job' {
        $job = Invoke-McpTool echo @{ text = 'x' } -AsJob | Wait-Job
        $job | Remove-McpTask
        Get-Job -Id $job.Id -ErrorAction Ignore | Should -BeNullOrEmpty
        Get-McpTask | Where-Object JobId -EQ $job.Id | Should -BeNullOrEmpty
    }

    It 'removes a plain call where there is no registry yet' {
        Invoke-FreshPowerShell @"
            `$env:XDG_STATE_HOME = '$(Join-Path $TestDrive 'none')'
            Import-Module '$modulePath'
            `$connection = Connect-McpServer -Command dotnet -ArgumentList '$sampleServer', 'stdio'
            Invoke-McpTool echo @{ text = 'x' } -AsJob -Mode Call | Wait-Job | Remove-McpTask
            `$connection | Disconnect-McpServer
            Test-Path '$(Join-Path $TestDrive 'none')'
"@ | Should -BeFalse
    }

    It 'leaves a running task alone' {
        $job = Invoke-McpTool run_forever -AsJob
        (Get-Failure { Remove-McpTask $job }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument*'
        $job.State | Should -Be 'Running'
    }

    It 'removes a running task with -Force, and cancels it' {
        $job = Invoke-McpTool run_forever -AsJob
        $task = $job.Task
        Remove-McpTask $job -Force
        Wait-Until { $task.Status -eq 'Cancelled' }
        Get-Job -Id $job.Id -ErrorAction Ignore | Should -BeNullOrEmpty
        Get-McpTask | Where-Object Id -EQ $task.Id | Should -BeNullOrEmpty
    }

    It 'does nothing with -WhatIf' {
        $job = Invoke-McpTool echo @{ text = 'x' } -AsJob | Wait-Job
        Remove-McpTask $job -WhatIf
        Get-Job -Id $job.Id | Should -Be $job
    }
}
