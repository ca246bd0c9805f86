# Get-McpTask: the background work of this session, however it is named.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
    $one = Connect-Kind ExtensionTask -Name one
    $two = Connect-Kind ExtensionTask -Name two
    $done = Invoke-McpTool echo @{ text = 'x' } -AsJob -Server $one | Wait-Job
    $running = Invoke-McpTool run_forever -AsJob -Server $two
    Wait-Until { $running.StatusMessage }
}

AfterAll {
    Clear-Job
}

Describe 'Get-McpTask' {
    It 'lists the tasks of the session' {
        $tasks = Get-McpTask | Where-Object JobId
        $tasks.JobId | Should -Be $done.Id, $running.Id
        $tasks[0] | Should -BeOfType McpProgress.McpTask
    }

    It 'finds a task by <Case>' -ForEach @(
        @{ Case = 'its id'; Get = { Get-McpTask $running.Task.Id } }
        @{ Case = 'a wildcard'; Get = { Get-McpTask "$($running.Task.Id.Substring(0, 8))*" } }
        @{ Case = 'its job'; Get = { Get-McpTask $running } }
        @{ Case = 'its job, piped'; Get = { $running | Get-McpTask } }
        @{ Case = 'its job''s id'; Get = { Get-McpTask $running.Id } }
        @{ Case = 'itself, piped'; Get = { Get-McpTask -Server two | Get-McpTask } }
    ) {
        (& $Get).JobId | Should -Be $running.Id
    }

    It 'filters by server and status' {
        (Get-McpTask -Server t*).JobId | Should -Be $running.Id
        (Get-McpTask -Status Completed -Server one).JobId | Should -Be $done.Id
        Get-McpTask -Status Failed | Where-Object JobId | Should -BeNullOrEmpty
    }

    It 'returns nothing for a wildcard that nothing matches' {
        Get-McpTask 'no-such-*' -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'fails for <Target>' -ForEach @(@{ Target = 'no-such-task' }, @{ Target = 987654 }) {
        $failure = Get-Failure { Get-McpTask $Target }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpTaskNotFound*'
        $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'has live properties' {
        $task = Get-McpTask $running
        $task.Status | Should -Be 'Working'
        Stop-Job $running
        $task.Status | Should -Be 'Cancelled'
    }

    It 'has a view that fits 80 columns' {
        $lines = Get-McpTask $done | Out-String -Width 80 | ForEach-Object { $_ -replace '\e\[[\d;]*m' -split '\r?\n' -match '\S' }
        $lines | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        $lines[-1] | Should -Match "^ *$($done.Id) \S{8} one +echo +Completed"
    }

    It 'completes ids' {
        $completion = TabExpansion2 'Stop-McpTask ' 13
        $completion.CompletionMatches.CompletionText | Should -Contain $done.Task.Id
    }
}
