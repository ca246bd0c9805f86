# Subscribers: what they get and when, and how they get on with each other and with the engine's own cmdlets.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    # Every update is wanted: without a limit to its rate the server lets none give way to a newer one.
    function Connect-Whole([string] $Name) {
        Connect-McpServer -Command dotnet -ArgumentList $sampleServer, 'stdio', '--speed', 100, '--progress-rate', 0 -Name $Name
    }

    $null = Connect-Whole sample
    $null = Connect-Faulty echo

    # Unlike Get-Failure it keeps the warnings, and unlike a call in this runspace it keeps them apart.
    function Invoke-WithSample([string] $Script) {
        Invoke-Apart "`$null = Connect-Sample; $Script"
    }

    # What the handlers note, and no subscriber of another test.
    function Clear-Subscriber {
        Get-EventSubscriber | Unregister-Event
        Get-Event | Remove-Event
        $script:seen = [System.Collections.Generic.List[object]]::new()
    }
}

AfterAll {
    Disconnect-All
}

Describe 'A handler' {
    BeforeEach { Clear-Subscriber }
    AfterAll { Clear-Subscriber }

    It 'gets every event of a call, in order, before the call returns' {
        $null = Register-McpEvent progress, call.started, result { $seen.Add("$($_.Name) $($_.Data.progress)".Trim()) }

        $null = Invoke-McpTool process_items @{ items = 'a', 'b' } -Server sample

        $seen | Should -Be 'call.started', 'progress 1', 'progress 2', 'progress 2', 'result'
    }

    It 'finds the event where the engine''s handlers find it, too' {
        $null = Register-McpEvent result -SourceIdentifier mine -Action {
            $seen.AddRange(@($_.Id, $Event.MessageData.Id, $EventArgs.Id, $args[0].Id, $Event.SourceArgs[0].Id))
            $seen.AddRange(@($Event.SourceIdentifier, $EventSubscriber.SourceIdentifier))
        }

        $null = Invoke-McpTool echo @{ text = 'x' } -Server sample

        $last = Get-McpEvent result -Last 1
        $seen | Should -Be ($last.Id, $last.Id, $last.Id, $last.Id, $last.Id, 'Mcp.result', 'mine')
    }

    It 'is chosen by <Name>' -ForEach @(
        @{ Name = '*'; Gets = 'call.started', 'progress', 'progress', 'result' }
        @{ Name = 'pro*'; Gets = 'progress', 'progress' }
        @{ Name = 'RESULT'; Gets = 'result' }
        @{ Name = 'call.*', '[r]esult'; Gets = 'call.started', 'result' }
        @{ Name = 'Mcp.result', 'result'; Gets = 'result' }
        @{ Name = 'nothing', 'prog?'; Gets = @() }
    ) {
        $null = Register-McpEvent $Name { $seen.Add($_.Name) }
        $null = Invoke-McpTool process_items @{ items = 'a' } -Server sample
        $seen | Should -Be $Gets
    }

    It 'is chosen by the server' {
        $null = Register-McpEvent result { $seen.Add($_.Server) } -Server 'samp*', nobody
        $null = Invoke-McpTool echo @{ message = 'x' } -Server echo
        $null = Invoke-McpTool echo @{ text = 'x' } -Server sample
        $seen | Should -Be 'sample'
    }

    It 'runs while a background job goes on and no cmdlet of the module does' {
        $null = Register-McpEvent result { $seen.Add($_.TaskId) }
        $job = Invoke-McpTool process_items @{ items = 'a', 'b' } -Server sample -AsJob
        Wait-Until { $seen.Count -gt 0 }
        $seen | Should -Be $job.Task.Id
        $job | Remove-Job -Force
    }

    It 'runs in a cmdlet of the module for what happened before, when the engine had no moment for it' {
        $null = Register-McpEvent result { $seen.Add([datetimeoffset]::Now) }
        $job = Invoke-McpTool process_data @{ records = 400 } -Server sample -AsJob -Mode Call
        $job | Add-Member records 400

        # In one pipeline: the engine runs nothing between the end of the job and the call.
        $null = $job | Wait-Job | Invoke-McpTool process_data -Server sample

        $seen | Should -HaveCount 2
        $seen[0] | Should -BeLessThan (Get-McpEvent result -Last 1).Timestamp
        $job | Remove-Job -Force
    }

    It 'runs in the order of the events, whichever subscriber they are for' {
        $null = Register-McpEvent result { $seen.Add('result') }
        $null = Register-McpEvent progress { $seen.Add("progress $($_.Data.progress)") }
        $null = Register-McpEvent call.started { $seen.Add('started') }

        1..2 | ForEach-Object { $null = Invoke-McpTool process_items @{ items = 'a' } -Server sample }

        $seen | Should -Be @('started', 'progress 1', 'progress 1', 'result', 'started', 'progress 1', 'progress 1', 'result')
    }

    It 'that throws, or leaves by a stray break, gets a warning while the others get theirs' {
        $ran = Invoke-WithSample @'
            $seen = [System.Collections.Generic.List[object]]::new()
            $null = Register-McpEvent result -SourceIdentifier thrower { throw 'out of paper' }
            $null = Register-McpEvent result -SourceIdentifier breaker { break }
            $null = Register-McpEvent result { $seen.Add($_.Name) }
            foreach ($number in 1..2) { Invoke-McpTool echo @{ text = "$number" } }
            $seen.Count
'@
        $ran.Errors | Should -BeNullOrEmpty
        $ran.Output | Should -Be '1', '2', 2
        @($ran.Warnings) -match "^The event handler 'thrower' failed: out of paper" | Should -HaveCount 2
        @($ran.Warnings) -match "^The event handler 'breaker' failed" | Should -HaveCount 2
    }

    It 'can end its own subscription: what waits is not handled any more' {
        $null = Register-McpEvent progress -SourceIdentifier once {
            $seen.Add($_.Data.progress)
            Unregister-Event once
        }
        $null = Register-McpEvent result { $seen.Add('result') }

        $null = Invoke-McpTool process_items @{ items = 'a', 'b', 'c' } -Server sample

        $seen | Should -Be 1, 'result'
        Get-EventSubscriber -SourceIdentifier once -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'can end another''s subscription in the middle of an event' {
        $null = Register-McpEvent result { Unregister-Event other -ErrorAction Ignore }
        $null = Register-McpEvent result -SourceIdentifier other { $seen.Add('other') }
        $null = Register-McpEvent result { $seen.Add('last') }

        $null = Invoke-McpTool echo @{ text = 'x' } -Server sample

        $seen | Should -Be 'last'
    }

    It 'can subscribe: the new subscriber gets what happens from then on' {
        $null = Register-McpEvent first { $null = Register-McpEvent first, second { $seen.Add($_.Name) } } -MaxTriggerCount 1

        $null = New-McpEvent first
        $seen | Should -BeNullOrEmpty
        $null = New-McpEvent second
        $null = New-McpEvent first

        $seen | Should -Be 'second', 'first'
    }

    It 'can call a tool: what follows has the handled event as its cause, and no handler interrupts another' {
        $null = Register-McpEvent order {
            $seen.Add('order begins')
            $seen.Add((Invoke-McpTool echo @{ text = 'from the handler' } -Server sample))
            $seen.Add('order ends')
        }
        $null = Register-McpEvent result {
            $seen.Add('result')
            $null = New-McpEvent shipped
        }
        $null = Register-McpEvent shipped { $seen.Add('shipped') }

        $order = New-McpEvent order

        $seen | Should -Be 'order begins', 'from the handler', 'order ends', 'result', 'shipped'
        $cascade = Get-McpEvent -Cascade $order.Id
        $cascade.Name | Should -Be 'order', 'call.started', 'result', 'shipped'
        $cascade.Depth | Should -Be 0, 1, 2, 3
        $cascade[1].ParentId | Should -Be $order.Id
        # What comes after the handler is no part of it.
        (New-McpEvent afterwards).ParentId | Should -BeNullOrEmpty
    }

    It 'can start a job, whose events are caused by what it handled' {
        $null = Register-McpEvent order { $script:job = Invoke-McpTool process_items @{ items = 'a' } -Server sample -AsJob }
        $order = New-McpEvent order

        $null = Wait-McpEvent result { $_.TaskId -eq $job.Task.Id } -Since $order.Timestamp -TimeoutSec 60

        $cascade = Get-McpEvent -Cascade $order.Id
        $cascade[0, 1].Name | Should -Be 'order', 'task.created'
        $cascade[-1].Name | Should -Be 'result'
        $job | Remove-Job -Force
    }

    It 'can be stopped with the cmdlet it runs in, and the next events are handled' {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript(". '$PSScriptRoot/Servers.ps1'; `$null = Connect-Sample").Invoke()
            $shell.Commands.Clear()
            $run = $shell.AddScript({
                    $null = Register-McpEvent result { Write-Information blocked; if ($_.Data.text -eq 'block') { Start-Sleep 600 } }
                    Invoke-McpTool echo @{ text = 'block' }
                }).BeginInvoke()
            Wait-Until { $shell.Streams.Information.Count -gt 0 -or $run.IsCompleted }
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            # At once, and what a busy machine adds.
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15

            $shell.Commands.Clear()
            $shell.AddScript("Invoke-McpTool echo @{ text = 'go on' }").Invoke() | Should -Be 'go on'
            $shell.Streams.Information | Should -HaveCount 2
        } finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }

    It 'gets only what happens in its own runspace' {
        $null = Register-McpEvent result { $seen.Add($_.Data.text) }
        $null = Invoke-WithSample "Invoke-McpTool echo @{ text = 'elsewhere' }"
        $null = Invoke-McpTool echo @{ text = 'here' } -Server sample
        $seen | Should -Be 'here'
    }
}

Describe 'A flood' {
    AfterEach { Clear-Subscriber }

    BeforeAll {
        $null = Connect-Whole flood
    }

    It 'of 100,000 updates reaches a handler, every one once and in order' {
        $script:count = $script:wrong = 0
        $null = Register-McpEvent progress { if ($_.Data.progress -ne ++$script:count) { $script:wrong++ } } -Server flood

        $null = Invoke-McpTool flood @{ count = 100000 } -Server flood

        Wait-Until { $count -ge 100000 } -Seconds 120
        $count | Should -Be 100000
        $wrong | Should -Be 0
    }

    It 'leaves out what finds no room behind a handler that is too slow, and says so' {
        $ran = Invoke-Apart @'
            $null = Connect-McpServer -Command dotnet -ArgumentList $sampleServer, 'stdio', '--progress-rate', 0
            $script:seen = 0
            $null = Register-McpEvent progress -SourceIdentifier slow {
                if (++$script:seen -eq 1) { $null = $script:job.Finished.WaitOne(60000) }
            }
            $script:job = Invoke-McpTool flood @{ count = 150000 } -AsJob -Mode Call
            # Ends only when all are handled: its own event comes after them.
            $null = Register-McpEvent handled { }
            $null = Wait-Until { $seen -gt 0 }
            $null = New-McpEvent handled
            Wait-Until { $before = $seen; $null = New-McpEvent handled; $seen -eq $before } -Seconds 60
            $seen
'@
        $ran.Errors | Should -BeNullOrEmpty
        $said = @($ran.Warnings) -match "^The event handler 'slow' was too slow: it missed (\d+) events"
        $missed = ($said | ForEach-Object { [int] ([regex]::Match($_, 'missed (\d+)').Groups[1].Value) } | Measure-Object -Sum).Sum
        $ran.Output[-1] | Should -BeGreaterThan 100000
        $ran.Output[-1] + $missed | Should -Be 150000
        $missed | Should -BeGreaterThan 1000
    }
}

Describe 'A subscriber' {
    BeforeEach { Clear-Subscriber }
    AfterAll { Clear-Subscriber }

    It 'is known to Get-EventSubscriber and ended by Unregister-Event' {
        $subscriber = Register-McpEvent result { $seen.Add('result') }
        $subscriber | Should -BeOfType System.Management.Automation.PSEventSubscriber
        (Get-EventSubscriber -SubscriptionId $subscriber.SubscriptionId).SourceIdentifier | Should -Be $subscriber.SourceIdentifier

        $subscriber | Unregister-Event
        $null = Invoke-McpTool echo @{ text = 'x' } -Server sample

        $seen | Should -BeNullOrEmpty
        Get-EventSubscriber | Should -BeNullOrEmpty
    }

    It 'without an action leaves the events to Get-Event, in order' {
        $null = Register-McpEvent progress, result -SourceIdentifier queue

        $null = Invoke-McpTool process_items @{ items = 'a', 'b' } -Server sample

        (Get-Event -SourceIdentifier queue).MessageData.Name | Should -Be 'progress', 'progress', 'progress', 'result'
        (Get-Event -SourceIdentifier queue)[-1].SourceArgs[0].Data.structuredContent.processed | Should -Be 2
    }

    It 'without an action wakes Wait-Event' {
        $null = Register-McpEvent result -SourceIdentifier done
        $job = Invoke-McpTool process_items @{ items = 'a' } -Server sample -AsJob

        $waited = Wait-Event -SourceIdentifier done -Timeout 60

        $waited.MessageData.TaskId | Should -Be $job.Task.Id
        $job | Remove-Job -Force
    }

    It 'ends by itself after MaxTriggerCount events, <Case>' -ForEach @(
        @{ Case = 'with an action'; Action = { $seen.Add($_.Data.progress) } }
        @{ Case = 'without one'; Action = $null }
    ) {
        $null = Register-McpEvent progress -SourceIdentifier twice -MaxTriggerCount 2 -Action $Action

        $null = Invoke-McpTool process_items @{ items = 'a', 'b', 'c' } -Server sample

        ($Action ? $seen : (Get-Event -SourceIdentifier twice).MessageData.Data.progress) | Should -Be 1, 2
        Get-EventSubscriber -SourceIdentifier twice -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'by an exact name can be the engine''s own' {
        $handler = Register-EngineEvent Mcp.result -Action { $Event.MessageData.Data.text }

        $null = Invoke-McpTool echo @{ text = 'by the engine' } -Server sample
        Wait-Until { $handler.HasMoreData }

        Receive-Job $handler | Should -Be 'by the engine'
    }

    It 'is refused: <Case>' -ForEach @(
        @{ Case = 'a bad wildcard'; Try = { Register-McpEvent 'pro[' { } }; Says = 'no wildcard pattern' }
        @{ Case = 'a bad wildcard for the server'; Try = { Register-McpEvent progress -Server '[' }; Says = 'no wildcard pattern' }
        @{ Case = 'an identifier there is'; Try = { Register-McpEvent a -SourceIdentifier x; Register-McpEvent b -SourceIdentifier x }; Says = 'is there already' }
        @{ Case = 'an event''s own name as the identifier'; Try = { Register-McpEvent progress -SourceIdentifier mcp.progress }; Says = 'Register-EngineEvent' }
    ) {
        $failure = Get-Failure $Try
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        $failure.Exception.Message | Should -BeLike "*$Says*"
    }

    It 'goes with the module' {
        $left = Invoke-FreshPowerShell @"
            Import-Module '$modulePath'
            `$null = Register-McpEvent progress { }
            `$null = Register-McpEvent result
            Remove-Module McpProgress
            @(Get-EventSubscriber).Count
"@
        $left | Should -Be 0
    }
}
