# What a published command does in its begin block comes before its call becomes a task; the rest belongs to the task.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Start-McpProgressServer -Http -Path $publishedBegin -Connect -Name begin
    $server = Get-McpProgressServer begin
    $tasks = @{ elicitation = @{}; extensions = @{ 'io.modelcontextprotocol/tasks' = @{} } }

    function Get-Answer {
        <# .SYNOPSIS The request that answers a question: its state and a form. #>
        param([object] $Asked, [object] $Content, [string] $Action = 'accept')

        $key = $Asked.inputRequests.PSObject.Properties.Name
        @{ requestState = $Asked.requestState; inputResponses = @{ $key = @{ action = $Action; content = $Content } } }
    }

    function Get-State {
        <# .SYNOPSIS A task's state, once it is no longer working. #>
        param([string] $Id)

        $named = @{ taskId = $Id }
        Wait-Until { $script:state = @(Send-Request $server tasks/get $named.taskId $named -Capability $tasks)[-1].result; $script:state.status -ne 'working' }
        $script:state
    }
}

AfterAll {
    # Nothing runs on behind an answer.
    Wait-Until { (Get-McpProgressServer begin).CallsInFlight -eq 0 }
    Disconnect-All
}

Describe 'A command that asks in its begin block' {
    It 'asks as a plain call, and becomes a task with the answer' {
        $first = @(Send-Raw $server Read-First @{} -Capability $tasks -LogLevel warning -ProgressToken first)
        $asked = $first[-1].result
        $asked.resultType | Should -Be 'input_required'
        $asked.PSObject.Properties.Name | Should -Not -Contain 'taskId'
        $first.params.message | Should -Contain 'First: asking'
        $first.params.data | Should -Contain 'said first'

        $second = @(Send-Raw $server Read-First @{} -Capability $tasks -LogLevel warning -ProgressToken second -More (Get-Answer $asked @{ value = 'Ann' }))
        $second.Count | Should -Be 1 -Because 'what follows belongs to the task'
        $second[0].result.resultType | Should -Be 'task'
        $second[0].result.PSObject.Properties.Name | Should -Not -Contain 'requestState'

        $ended = Get-State $second[0].result.taskId
        $ended.status | Should -Be 'completed'
        $ended.statusMessage | Should -Be 'Then: greeting'
        $ended.result.content.text | Should -Be "begun`nHello, Ann!"
    }

    It 'asks the rest as a task' {
        $asked = @(Send-Raw $server Remove-First @{} -Capability $tasks)[-1].result
        $asked.inputRequests.'input-1'.params.message | Should -Match '"everything"'
        $task = @(Send-Raw $server Remove-First @{} -Capability $tasks -More (Get-Answer $asked @{ choice = 'Yes' }))[-1].result
        $state = Get-State $task.taskId
        $state.status | Should -Be 'input_required'
        $answer = Get-Answer $state @{ choice = 'No' }
        $null = Send-Request $server tasks/update $task.taskId @{ taskId = $task.taskId; inputResponses = $answer.inputResponses } -Capability $tasks
        (Get-State $task.taskId).result.content.text | Should -Be 'everything: True, the rest: False'
    }

    It 'ends when it is not answered' {
        $marker = Join-Path $TestDrive 'declined'
        $asked = @(Send-Raw $server Read-First @{ Marker = $marker } -Capability $tasks)[-1].result
        $task = @(Send-Raw $server Read-First @{ Marker = $marker } -Capability $tasks -More (Get-Answer $asked $null decline))[-1].result
        $ended = Get-State $task.taskId
        $ended.result.isError | Should -BeTrue
        $ended.result.content[0].text | Should -Be 'The question was not answered (decline): What is your name'
        $marker | Should -Exist
    }

    It 'is an error to a client that takes no questions' {
        @(Send-Raw $server Read-First @{} -Capability @{ extensions = $tasks.extensions })[-1].error.code | Should -Be -32021
    }

    It 'is called plainly, too' {
        $asked = @(Send-Raw $server Read-First @{} -Capability @{ elicitation = @{} })[-1].result
        $told = @(Send-Raw $server Read-First @{} -Capability @{ elicitation = @{} } -LogLevel warning -More (Get-Answer $asked @{ value = 'Bob' }))
        $told[-1].result.content.text | Should -Be "begun`nHello, Bob!"
        $told.params.data | Should -Contain 'said then'
    }

    It 'is answered by the input handler of a job of kind <_>' -ForEach 'ExtensionTask', 'Call' {
        $job = Invoke-McpTool Read-First -Server begin -AsJob -Mode $_ -InputHandler { @{ value = 'Eve' } }
        $job | Wait-Job -Timeout 60 | Receive-Job -WarningAction Ignore | Should -Be "begun`nHello, Eve!"
        $job | Remove-Job
    }

    It 'may be a function of the session or a script' {
        $text = "begin { `$name = Read-Host -Prompt 'Who' }`nend { `$name }"
        $path = Join-Path $TestDrive 'Read-File.ps1'
        Set-Content -LiteralPath $path -Value $text
        Set-Item -Path function:global:Read-Session -Value ([scriptblock]::Create($text))
        $own = Start-McpProgressServer -Http -Command Read-Session, $path -Name own
        foreach ($tool in 'Read-Session', 'Read-File') {
            $asked = @(Send-Raw $own $tool @{} -Capability $tasks)[-1].result
            $asked.resultType | Should -Be 'input_required'
            @(Send-Raw $own $tool @{} -Capability $tasks -More (Get-Answer $asked @{ value = 'Ann' }))[-1].result.resultType | Should -Be 'task'
        }

        Stop-McpProgressServer own
        Remove-Item -Path function:Read-Session
    }

    It 'that never runs as a task asks as any other' {
        $plain = Start-McpProgressServer -Http -Path $publishedBegin -Name plain -NoTask Read-First
        $asked = @(Send-Raw $plain Read-First @{} -Capability $tasks)[-1].result
        @(Send-Raw $plain Read-First @{} -Capability $tasks -More (Get-Answer $asked @{ value = 'Bob' }))[-1].result.resultType | Should -Be 'complete'
        Stop-McpProgressServer plain
    }
}

Describe 'A command with a begin block that is stopped' {
    It 'in that block by a client over <_> stops, and its finally block runs' -ForEach 'http', 'stdio' {
        $on = if ($_ -eq 'http') { 'begin' } else { Connect-Published "-Path '$publishedBegin'" }
        $marker = Join-Path $TestDrive "first-$_"
        $job = Invoke-McpTool Wait-First @{ Marker = $marker } -Server $on -AsJob -Mode ExtensionTask
        Wait-Until { $job.Task.StatusMessage -match 'at first' }
        $job | Stop-Job
        Wait-Until { Test-Path -LiteralPath $marker }
        $job | Remove-Job -Force
        (Invoke-McpTool Get-First -Server $on).Runspace | Should -BeGreaterThan 0
    }

    It 'as a task stops, and its finally block runs' {
        $marker = Join-Path $TestDrive 'then'
        $task = @(Send-Raw $server Wait-Then @{ Marker = $marker } -Capability $tasks)[-1].result
        Wait-Until { @(Send-Request $server tasks/get $task.taskId @{ taskId = $task.taskId } -Capability $tasks)[-1].result.statusMessage -match 'as a task' }
        $null = Send-Request $server tasks/cancel $task.taskId @{ taskId = $task.taskId } -Capability $tasks
        (Get-State $task.taskId).status | Should -Be 'cancelled'
        Wait-Until { Test-Path -LiteralPath $marker }
    }

    It 'while it asks, with its server, ends' {
        $marker = Join-Path $TestDrive 'asking'
        $asking = Start-McpProgressServer -Http -Path $publishedBegin -Name asking
        @(Send-Raw $asking Read-First @{ Marker = $marker } -Capability $tasks)[-1].result.resultType | Should -Be 'input_required'
        $marker | Should -Not -Exist
        Stop-McpProgressServer asking
        Wait-Until { Test-Path -LiteralPath $marker }
    }
}

Describe 'A command that fails in its begin block' {
    It 'fails as a task, with what it had put out' {
        $task = @(Send-Raw $server Stop-First @{} -Capability $tasks)[-1].result
        $task.resultType | Should -Be 'task'
        $ended = Get-State $task.taskId
        $ended.result.isError | Should -BeTrue
        $ended.result.content[0].text | Should -BeLike '*Nothing can begin.*'
        $ended.result.content[1].text | Should -Be 'begun'
    }

    It 'with an error of the protocol is answered by it' {
        $failure = @(Send-Raw $server Stop-First @{ Protocol = $true } -Capability $tasks)[-1].error
        $failure.code | Should -Be -32603
        $failure.message | Should -BeLike '*It broke.*'
    }

    It 'by an exit code has failed' {
        $ended = Get-State @(Send-Raw $server Exit-First @{ Code = 3 } -Capability $tasks)[-1].result.taskId
        $ended.result.isError | Should -BeTrue
        $ended.result.content.text | Should -Be 'The command ended with exit code 3.', 'begun'
    }

    It 'fails plainly, too' {
        $result = Get-Result Stop-First -Server begin
        $result.isError | Should -BeTrue
        $result.content[0].text | Should -BeLike '*Nothing can begin.*'
    }
}

Describe 'A command that asks nothing in its begin block' {
    It 'becomes a task at once' {
        $task = @(Send-Raw $server Get-First @{} -Capability $tasks)[-1].result
        $task.resultType | Should -Be 'task'
        (Get-State $task.taskId).result.structuredContent.Runspace | Should -BeGreaterThan 0
    }

    It 'is called in every mode' {
        $null = Connect-Published "-Path '$publishedBegin'" -Name modes
        foreach ($mode in 'ExtensionTask', 'Mcpc', 'Call') {
            $job = Invoke-McpTool Get-First -Server modes -AsJob -Mode $mode
            ($job | Wait-Job -Timeout 60 | Receive-Job).Runspace | Should -BeGreaterThan 0
            $job | Remove-Job
        }
    }

    It 'gives its runspace back' {
        $null = Start-McpProgressServer -Http -Path $publishedBegin -Connect -Name single -MaxConcurrency 1
        $used = 1..6 | ForEach-Object { (Invoke-McpTool Get-First -Server single).Runspace }
        @($used | Sort-Object -Unique).Count | Should -BeLessOrEqual 2
        Stop-McpProgressServer single
    }
}
