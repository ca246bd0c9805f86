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

    It 'finds a task by the id it had before a slow server gave it one' -Skip:$IsWindows {
        $slow = Connect-Kind ExtensionTask -Name slow
        $null = Get-McpTool -Server $slow
        kill -STOP $slow.ProcessId
        try {
            $job = Invoke-McpTool run_forever -AsJob -Server $slow
            $first = $job.Task.Id
        } finally {
            kill -CONT $slow.ProcessId
        }

        Wait-Until { $job.Task.Id -ne $first }
        (Get-McpTask $first).JobId | Should -Be $job.Id
        Remove-Job $job -Force
    }

    It 'filters by server and status' {
        (Get-McpTask -Server t*).JobId | Should -Be $running.Id
        (Get-McpTask -Status Completed -Server one).JobId | Should -Be $done.Id
        Get-McpTask -Status Failed | Where-Object JobId | Should -BeNullOrEmpty
    }

    It 'takes the start of an id that is the only one, in whatever case' {
        $start = $running.Task.Id.Substring(0, 10)
        (Get-McpTask $start).JobId | Should -Be $running.Id
        (Get-McpTask $start.ToUpperInvariant()).JobId | Should -Be $running.Id
        (Get-Failure { Get-McpTask $running.Task.Id.Substring(0, 3) }).FullyQualifiedErrorId | Should -BeLike 'McpTaskNotFound*'
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
        $lines[-1] | Should -Match "^ *$($done.Id) $($done.Task.ShortId) +one +echo +Completed"
    }

    Context 'of tasks whose ids are what a server made up' {
        BeforeAll {
            $registry = New-Item -ItemType Directory -Force (Join-Path $env:XDG_STATE_HOME 'mcpprogress/tasks')
            $ids = 'work-0001', 'work-0002', '12345678-aaaa', '1234e567-bbbb', '1234567d-cccc', '12ab34cd-dddd', "esc`e[31m-eeee", 'x'
            $files = foreach ($id in $ids) {
                $file = Join-Path $registry "$([guid]::NewGuid()).json"
                @{
                    id = $id; kind = 'Task'; serverName = 'x'; serverKey = 'x'; tool = "to`e[31mol"; status = 'Working'
                    createdAt = [datetimeoffset]::Now; expiresAt = [datetimeoffset]::Now.AddHours(1)
                } | ConvertTo-Json | Set-Content $file
                $file
            }
        }

        AfterAll {
            Remove-Item $files
        }

        It 'refuses a start that several have' {
            $failure = Get-Failure { Get-McpTask work-000 }
            $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument*'
            "$failure" | Should -Match "2 tasks start with 'work-000'"
            (Get-McpTask work-0002).Id | Should -Be 'work-0002'
        }

        It 'shows a start that can be typed, and finds it again' {
            (Get-McpTask 1234*).ShortId | Should -Be '12345678-', '1234e567-', '1234567d-'
            (Get-McpTask 12345678-).Id | Should -Be '12345678-aaaa'
            (Get-McpTask 12345678).Id | Should -Be '12345678-aaaa'
            (Get-McpTask 1234567d-).Id | Should -Be '1234567d-cccc'
            (Get-McpTask 12ab34cd).ShortId | Should -Be '12ab34cd'
            (Get-McpTask x).ShortId | Should -Be 'x'
        }

        It 'shows nothing that steers the terminal' {
            $task = Get-McpTask esc*
            foreach ($text in ($task | Out-String), ($task | Format-List | Out-String)) {
                $text -replace '\e\[[\d;]*m' | Should -Match 'esc'
                $text | Should -Not -Match '\e\[31m'
            }
        }
    }

    It 'completes ids' {
        $completion = TabExpansion2 'Stop-McpTask ' 13
        $completion.CompletionMatches.CompletionText | Should -Contain $done.Task.Id
    }
}
