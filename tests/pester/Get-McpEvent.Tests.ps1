# The events that are kept: by name, number and time, as a tree, and out of a log.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    # Every update is wanted: without a limit to its rate the server lets none give way to a newer one.
    foreach ($name in 'sample', 'flood') {
        $null = Connect-McpServer -Command dotnet -ArgumentList $sampleServer, 'stdio', '--speed', 100, '--progress-rate', 0 -Name $name
    }

    function Get-Line {
        $input | Out-String -Width 80 | ForEach-Object { $_ -replace '\e\[[\d;]*m' -split '\r?\n' -match '\S' }
    }
}

AfterAll {
    Disconnect-All
}

Describe 'Get-McpEvent' {
    It 'lists what has happened, oldest first, each with what belongs to it' {
        $begin = New-McpEvent begin
        $null = Invoke-McpTool process_items @{ items = 'a' } -Server sample
        $events = Get-McpEvent -Since $begin.Timestamp

        $events.Name | Should -Be 'begin', 'call.started', 'progress', 'progress', 'result'
        $events.Sequence | Should -Be ($begin.Sequence..($begin.Sequence + 4))
        ($events | Select-Object -Skip 1).Server | Select-Object -Unique | Should -Be 'sample'
        @($events.CallId -ne $null | Select-Object -Unique) | Should -HaveCount 1
        $events[2, 3, 4].ParentId | Select-Object -Unique | Should -Be $events[1].Id
        $events[1].ParentId | Should -Be (Get-McpEvent connected -Server sample)[-1].Id
        $events.Id | Select-Object -Unique | Should -HaveCount 5
        $events[1].Data.tool | Should -Be 'process_items'
        $events[3].Data | ConvertTo-Json -Compress | Should -Be '{"sequence":2,"progress":1,"total":1,"percentComplete":100,"message":"done"}'
        $events[4].Data.structuredContent.results | Should -Be 'A'
        $events[4].Data.isError | Should -BeFalse
    }

    It 'tells of <Case>' -ForEach @(
        @{ Case = 'a tool''s error'; Tool = 'fail_halfway'; Argument = @{ }; Name = 'result'; Data = @{ isError = $true } }
        @{ Case = 'a time limit'; Tool = 'run_forever'; Argument = @{ }; Limit = 0.5; Name = 'failed'; Data = @{ errorId = 'McpTimeout' } }
    ) {
        $null = Invoke-McpTool $Tool $Argument -Server sample -TimeoutSec ($Limit ?? 60) -ErrorAction Ignore
        $last = Get-McpEvent result, failed, cancelled -Last 1
        $last.Name | Should -Be $Name
        foreach ($key in $Data.Keys) { $last.Data.$key | Should -Be $Data.$key }
    }

    It 'tells of a job from task.created to result' {
        $job = Invoke-McpTool process_items @{ items = 'a', 'b' } -Server sample -AsJob | Wait-Job
        $null = Wait-McpEvent result { $_.TaskId -eq $job.Task.Id } -Since $job.PSBeginTime.AddSeconds(-5) -TimeoutSec 60
        $events = @(Get-McpEvent | Where-Object TaskId -EQ $job.Task.Id)
        $events[0].Name | Should -Be 'task.created'
        $events[-1].Name | Should -Be 'result'
        $events[-1].ParentId | Should -Be $events[0].Id
        $events.Where({ $_.CallId }) | Should -BeNullOrEmpty
        $job | Remove-Job
    }

    It 'tells of connections' {
        $null = Connect-Sample -Name passing
        Disconnect-McpServer passing
        Wait-Until { Get-McpEvent disconnected -Server passing }
        $connected, $disconnected = Get-McpEvent *connected -Server passing
        $connected.Data.transport, $connected.Data.protocolVersion | Should -Be 'stdio', (Get-McpServer sample).ProtocolVersion
        $disconnected.Data.status | Should -Be 'Closed'
        $disconnected.ParentId | Should -Be $connected.Id
    }

    It 'selects by name, server and number' {
        $null = Invoke-McpTool echo @{ text = 'x' } -Server sample
        $null = Invoke-McpTool echo @{ text = 'y' } -Server flood
        (Get-McpEvent result, call.* -Server sam* -Last 2).Name | Should -Be 'call.started', 'result'
        (Get-McpEvent RES* -Last 1).Data.text | Should -Be 'y'
        Get-McpEvent nothing | Should -BeNullOrEmpty
    }

    It 'keeps the newest 10,000, and says when more were asked for' {
        $begin = New-McpEvent begin
        $null = Invoke-McpTool flood @{ count = 11000 } -Server flood

        $events = Get-McpEvent
        $events.Count | Should -Be 10000
        $events[-1].Sequence - $events[0].Sequence | Should -Be 9999
        $events[-1].Name | Should -Be 'result'
        $events[-2].Data.progress | Should -Be 11000
        $null = Get-McpEvent -Since $begin.Timestamp -WarningVariable said -WarningAction SilentlyContinue
        "$said" | Should -BeLike 'Only the newest 10000 events are kept*'
        $null = Get-McpEvent -Since $events[5].Timestamp.AddTicks(1) -WarningVariable said -WarningAction SilentlyContinue
        $said | Should -BeNullOrEmpty
        (Get-Failure { Get-McpEvent -Cascade $begin.Id }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = 'a bad wildcard'; Try = { Get-McpEvent 'a[' } }
        @{ Case = 'an unknown event'; Try = { Get-McpEvent -Cascade nobody } }
        @{ Case = 'a log that is not there'; Try = { Get-McpEvent -Path (Join-Path TestDrive: missing.jsonl) } }
        @{ Case = 'a folder as a log'; Try = { Get-McpEvent -Path TestDrive: } }
    ) {
        (Get-Failure $Try).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }
}

Describe 'A cascade' {
    BeforeAll {
        $log = Start-McpEventLog (Join-Path TestDrive: cascade.jsonl)
        $null = Register-McpEvent root { Invoke-McpTool process_items @{ items = 'a' } -Server sample }
        $null = Register-McpEvent result { $null = New-McpEvent done }
        $rootEvent = New-McpEvent root
        $null = New-McpEvent unrelated
        $log | Stop-McpEventLog
        Get-EventSubscriber | Unregister-Event
    }

    It 'is the event and all that followed, with depths, <Case>' -ForEach @(
        @{ Case = 'of the session'; From = { @{ } } }
        @{ Case = 'of a log'; From = { @{ Path = $log.Path } } }
    ) {
        $from = & $From
        $events = Get-McpEvent -Cascade $rootEvent.Id @from
        $events.Name | Should -Be 'root', 'call.started', 'progress', 'progress', 'result', 'done'
        $events.Depth | Should -Be 0, 1, 2, 2, 2, 3
        (Get-McpEvent result, done -Cascade $rootEvent.Id @from).Depth | Should -Be 2, 3
    }

    It 'is shown as a tree in 80 columns' {
        $lines = Get-McpEvent -Cascade $rootEvent.Id | Get-Line
        $lines | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        # Two blanks a level.
        ($lines[2..7] -replace '^\S+ (sample)? *(call-\d+)? *' ).Count | Should -Be 6
        $column = $lines[0].IndexOf('Name')
        $lines[2..7].ForEach({ $_.Substring($column, 18).TrimEnd() }) | Should -Be 'root', '  call.started', '    progress', '    progress', '    result', '      done'
    }

    It 'holds nothing that steers a terminal, from a log that somebody else wrote' {
        $path = Join-Path $TestDrive evil.jsonl
        $evil = "`e[31mred`e[0m`u{202e}"
        @{ id = "i$evil"; sequence = 1; timestamp = '2026-01-01T00:00:00Z'; server = $evil; name = "n$evil"; callId = $evil; parentId = $evil; data = @{ message = $evil; $evil = 1 } } |
            ConvertTo-Json -Compress | Set-Content $path
        $events = Get-McpEvent -Path $path
        $events | Should -HaveCount 1
        foreach ($view in { $events | Format-Table }, { $events | Format-List }) {
            $text = (& $view | Out-String -Width 200) -replace '\e\[(32;1|0)m(?=[\w ]|$)'
            $text | Should -Match 'red'
            $text | Should -Not -Match '\e\[31m|\u202e'
        }
    }
}

Describe 'A log that is read' {
    It 'skips a torn last line and says which' {
        $path = Join-Path $TestDrive torn.jsonl
        $log = Start-McpEventLog $path
        $null = New-McpEvent whole
        $log | Stop-McpEventLog
        Add-Content $path '{"id":"x-1","sequence":1,"timest' -NoNewline

        $events = Get-McpEvent -Path $path -WarningVariable said -WarningAction SilentlyContinue

        $events.Name | Should -Be 'whole'
        "$said" | Should -BeLike "Line 2 of '*torn.jsonl' is no event and was skipped*"
    }

    It 'gives the events as they were' {
        $log = Start-McpEventLog (Join-Path $TestDrive same.jsonl)
        $begin = New-McpEvent begin @{ text = "Gr`u{fc}`u{df}e`n`e[1m" }
        $null = Invoke-McpTool process_items @{ items = 'a' } -Server sample
        $log | Stop-McpEventLog

        $logged = $log | Get-McpEvent
        $kept = Get-McpEvent | Where-Object Sequence -GE $begin.Sequence

        ($logged | ConvertTo-Json -Depth 8) | Should -Be ($kept | ConvertTo-Json -Depth 8)
        (Get-McpEvent progress -Path $log.Path -Last 1).Data.message | Should -Be 'done'
        (Get-McpEvent -Path $log.Path -Since $logged[1].Timestamp).Count | Should -Be ($logged.Count - 1)
    }
}
