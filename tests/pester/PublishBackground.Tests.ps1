# Published commands as background work: MCPC, tasks of both kinds, a plain call held open.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Connect-Published -Name stdio
    $server = Start-McpProgressServer -Http -Path $publishedScript, $publishedBegin -Connect -Name overhttp
}

AfterAll {
    Disconnect-All
}

Describe 'A published command as <Mode> over <Over>' -ForEach @(
    foreach ($over in 'stdio', 'overhttp') {
        foreach ($mode in 'ExtensionTask', 'Mcpc', 'Call') {
            # MCPC needs a session; over HTTP our client speaks the revision without.
            if ($over -eq 'stdio' -or $mode -ne 'Mcpc') { @{ Mode = $mode; Over = $over } }
        }
    }
) {
    It 'has its result and its progress' {
        $job = Invoke-McpTool Copy-Sample @{ Source = 'job'; Count = 10; Delay = 40 } -Server $Over -AsJob -Mode $Mode
        $null = $job | Wait-Job -Timeout 60
        $received = $job | Receive-Job
        $received.Copied | Should -Be 10
        $job.Task.Status | Should -Be 'Completed'
        $job.Task.StatusMessage | Should -Be 'Copying job: file 10 of 10'
        $job.Task.PercentComplete | Should -Be 100
        $job | Remove-Job
    }

    It 'fails with its error' {
        $job = Invoke-McpTool Stop-Early -Server $Over -AsJob -Mode $Mode
        $null = $job | Wait-Job -Timeout 60
        $job.State | Should -Be 'Failed'
        "$(Get-Failure { $job | Receive-Job -ErrorAction Stop })" | Should -BeLike '*Nothing is at secret.txt*'
        $job | Remove-Job
    }

    It 'stops when it is told to' {
        $marker = Join-Path $TestDrive "stopped-$Mode-$Over"
        $job = Invoke-McpTool Wait-Forever @{ Marker = $marker } -Server $Over -AsJob -Mode $Mode
        Wait-Until { $job.Task.StatusMessage -match 'Waiting' }
        $job | Stop-McpTask
        Wait-Until { Test-Path -LiteralPath $marker }
        $job | Remove-Job -Force
    }
}

Describe 'Commands chosen by -NoTask and -TaskOnly' {
    BeforeAll {
        $chosen = Start-McpProgressServer -Http -Path $publishedScript -Name chosen -NoTask Get-Run* -TaskOnly Copy-Sample, Nobody -WarningVariable chosenWarning -WarningAction SilentlyContinue
        $null = Connect-Published -Name chosenchild -Parameters "-Path '$publishedScript' -NoTask Get-Runspace2 -TaskOnly Copy-Sample"
    }

    It 'warn of a name that no command has' {
        "$chosenWarning" | Should -BeLike "*no published command is named 'Nobody'*"
    }

    It 'never run as tasks, or only' {
        $tasks = @{ extensions = @{ 'io.modelcontextprotocol/tasks' = @{} } }
        @(Send-Raw $chosen Get-Runspace2 @{} -Capability $tasks)[-1].result.resultType | Should -Be 'complete'
        @(Send-Raw $chosen Copy-Sample @{ Source = 'a'; Count = 1 } -Capability $tasks)[-1].result.resultType | Should -Be 'task'
        @(Send-Raw $chosen Copy-Sample @{ Source = 'a'; Count = 1 })[-1].error.code | Should -Be -32021
    }

    It 'can be called like any other, over <Over>' -ForEach @(
        @{ Over = 'HTTP'; Name = 'chosen' }
        @{ Over = 'stdio'; Name = 'chosenchild' }
    ) {
        if ($Name -eq 'chosen') { $Name = (Connect-McpServer -Uri $chosen.Uri).Name }
        (Invoke-McpTool Copy-Sample @{ Source = 'a'; Count = 2; Delay = 1 } -Server $Name -ErrorAction Stop).Copied | Should -Be 2
    }

    It 'are for published commands' {
        { Start-McpProgressServer -Http -NoTask a } | Should -Throw -ErrorId 'McpInvalidArgument*'
    }
}

Describe 'An extension task' {
    It 'is polled from another client' {
        $job = Invoke-McpTool Copy-Sample @{ Source = 'shared'; Count = 20; Delay = 30 } -Server overhttp -AsJob -Mode ExtensionTask
        $id = $job.Task.Id
        $body = @{
            jsonrpc = '2.0'; id = 1; method = 'tasks/get'
            params  = @{
                taskId = $id
                _meta  = @{
                    'io.modelcontextprotocol/protocolVersion' = '2026-07-28'
                    'io.modelcontextprotocol/clientCapabilities' = @{ extensions = @{ 'io.modelcontextprotocol/tasks' = @{} } }
                    'io.modelcontextprotocol/clientInfo' = @{ name = 'other'; version = '1' }
                }
            }
        } | ConvertTo-Json -Depth 9
        $uri = (Get-McpProgressServer overhttp).Uri
        $headers = @{ 'MCP-Protocol-Version' = '2026-07-28'; 'Mcp-Method' = 'tasks/get'; 'Mcp-Name' = $id; Accept = 'application/json, text/event-stream' }
        $script:polled = $null
        Wait-Until {
            $text = [System.Text.Encoding]::UTF8.GetString((Invoke-WebRequest $uri -Method Post -Body $body -ContentType application/json -Headers $headers).RawContentStream.ToArray())
            $script:polled = ($text -replace '(?m)^(event|id|data): ?' -split "`n" -match '^\{')[-1] | ConvertFrom-Json
            $script:polled.result.status -eq 'completed'
        }
        $polled.result.result.structuredContent.Copied | Should -Be 20
        $job | Remove-Job -Force
    }
}

Describe 'A task of revision 2025-11-25' {
    BeforeAll {
        $uri = (Get-McpProgressServer overhttp).Uri
        $session = @{ Accept = 'application/json, text/event-stream' }

        function Send-InSession {
            <# .SYNOPSIS Sends one request of a session and returns its result. #>
            param([string] $Method, [hashtable] $Parameter)

            $body = @{ jsonrpc = '2.0'; id = [guid]::NewGuid().ToString(); method = $Method; params = $Parameter } | ConvertTo-Json -Depth 9
            $script:answer = Invoke-WebRequest $uri -Method Post -Body $body -ContentType application/json -Headers $session
            $text = [System.Text.Encoding]::UTF8.GetString($answer.RawContentStream.ToArray())
            (($text -replace '(?m)^(event|id|data): ?' -split "`n" -match '^\{')[-1] | ConvertFrom-Json).result
        }

        $null = Send-InSession initialize @{ protocolVersion = '2025-11-25'; capabilities = @{ elicitation = @{} }; clientInfo = @{ name = 'other'; version = '1' } }
        $session.'Mcp-Session-Id' = "$($answer.Headers.'Mcp-Session-Id')"
        $session.'MCP-Protocol-Version' = '2025-11-25'
    }

    It 'runs a published command, and keeps its result' {
        $task = (Send-InSession tools/call @{ name = 'Copy-Sample'; arguments = @{ Source = 'old'; Count = 5; Delay = 20 }; task = @{ ttl = 60000 } }).task
        $task.status | Should -Be 'working'
        $result = Send-InSession tasks/result @{ taskId = $task.taskId }
        $result.structuredContent.Copied | Should -Be 5
        (Send-InSession tasks/get @{ taskId = $task.taskId }).status | Should -Be 'completed'
    }

    It 'is cancelled, and the pipeline stops' {
        $marker = Join-Path $TestDrive 'cancelled-2025'
        $task = (Send-InSession tools/call @{ name = 'Wait-Forever'; arguments = @{ Marker = $marker }; task = @{ ttl = 60000 } }).task
        Wait-Until { (Send-InSession tasks/get @{ taskId = $task.taskId }).statusMessage -match 'Waiting' }
        (Send-InSession tasks/cancel @{ taskId = $task.taskId }).status | Should -Be 'cancelled'
        Wait-Until { Test-Path -LiteralPath $marker }
    }

    It 'asks in the begin block as anywhere, and is cancelled while it does' {
        $marker = Join-Path $TestDrive 'asking-2025'
        $task = (Send-InSession tools/call @{ name = 'Read-First'; arguments = @{ Marker = $marker }; task = @{ ttl = 60000 } }).task
        Wait-Until { (Send-InSession tasks/get @{ taskId = $task.taskId }).status -eq 'input_required' }
        (Send-InSession tasks/cancel @{ taskId = $task.taskId }).status | Should -Be 'cancelled'
        Wait-Until { Test-Path -LiteralPath $marker }
    }
}
