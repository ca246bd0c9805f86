# The examples of events, run as a user runs them.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')

    function Invoke-Example([string] $Name, [object[]] $ArgumentList) {
        $lines = & $pwsh @pwshFirst -NoProfile -NonInteractive -File (Join-Path $root "examples/$Name.ps1") @ArgumentList 2>&1 |
            ForEach-Object { "$_" -replace '\e\[[\d;]*m' }
        [pscustomobject]@{ ExitCode = $LASTEXITCODE; Lines = @($lines -match '\S') }
    }
}

Describe 'EventDriven.ps1' {
    BeforeAll {
        $log = Join-Path $TestDrive events.jsonl
        # Slow enough for the second to begin before the first has ended, on a busy machine too.
        $ran = Invoke-Example EventDriven 3, 2, '-Speed', 1, '-LogPath', $log
    }

    It 'succeeds without a warning' {
        $ran.ExitCode | Should -Be 0 -Because ($ran.Lines -join "`n")
        $ran.Lines -match 'WARNING|Exception' | Should -BeNullOrEmpty
    }

    It 'prints the progress of both, each in order' {
        $ran.Lines -match 'FirstEvent: ' | Should -Be @(
            '[Progress Event] FirstEvent: 33.3% | processing FirstEvent-1'
            '[Progress Event] FirstEvent: 66.7% | processing FirstEvent-2'
            '[Progress Event] FirstEvent: 100.0% | processing FirstEvent-3'
            '[Progress Event] FirstEvent: 100.0% | done'
        )
        $ran.Lines -match 'SecondEvent: ' | Should -Be @(
            '[Progress Event] SecondEvent: 50.0% | processing SecondEvent-1'
            '[Progress Event] SecondEvent: 100.0% | processing SecondEvent-2'
            '[Progress Event] SecondEvent: 100.0% | done'
        )
    }

    It 'runs them side by side' {
        # What was printed when is a matter of chance, what happened when is in the log.
        Import-Module $modulePath
        $events = Get-McpEvent -Path $log task.created, result
        $events[0, 1].Name | Should -Be 'task.created', 'task.created'
    }

    It 'prints the results and the failure' {
        $ran.Lines -match '^\[Result Event\] FirstEvent finished . FIRSTEVENT-1, FIRSTEVENT-2, FIRSTEVENT-3$' | Should -HaveCount 1
        $ran.Lines -match '^\[Result Event\] SecondEvent finished . SECONDEVENT-1, SECONDEVENT-2$' | Should -HaveCount 1
        $ran.Lines -match '^\[Failure Event\] fail_halfway failed: ' | Should -HaveCount 1
        $ran.Lines | Should -Contain 'Caught McpToolError.'
    }

    It 'shows the cascade of the first event, and none of the second' {
        $from = [array]::FindIndex($ran.Lines, [Predicate[string]] { $args[0] -like 'What followed*' })
        $tree = $ran.Lines[($from + 3)..($ran.Lines.Count - 1)]
        $tree | Should -HaveCount 8
        $tree[0] | Should -Match ' first_arg '
        $tree[1] | Should -Match '   task\.created '
        $tree[2] | Should -Match '     progress  +33 % '
        $tree[-1] | Should -Match '     result '
    }

    It 'leaves the log' {
        Import-Module $modulePath
        (Get-McpEvent -Path $log *_arg).Data.title | Should -Be 'FirstEvent', 'SecondEvent'
    }
}

Describe 'ProactiveReaction.ps1' {
    BeforeAll {
        $ran = Invoke-Example ProactiveReaction '-Speed', 10
    }

    It 'answers the server''s event with a call of its own' {
        $ran.ExitCode | Should -Be 0 -Because ($ran.Lines -join "`n")
        $ran.Lines -match 'WARNING|Exception' | Should -BeNullOrEmpty
        $order = '[Progress Event] unlocking tables', "[Server Event] 'orders' has been migrated to version 2. Checking it.",
        '[Progress Event] Processing step 5/5', "[Follow-up] 'orders': Processing completed successfully" | ForEach-Object { $ran.Lines.IndexOf($_) }
        $order | Should -Not -Contain -1 -Because ($ran.Lines -join "`n")
        $order | Should -Be ($order | Sort-Object)
    }

    It 'shows what followed from the event' {
        $ran.Lines -match '^\d\d:\d\d:\S+ +sample +server\.event ' | Should -HaveCount 1
        $ran.Lines -match ' {3}task\.created +analyze_data as Call' | Should -HaveCount 1
        $ran.Lines -match ' {7}migration_check' | Should -HaveCount 1
    }
}
