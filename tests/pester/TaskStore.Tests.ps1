# Start-McpProgressServer -TaskStore: tasks outlive the server that ran them.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
    Set-Content (Join-Path $TestDrive 'tools.ps1') @'
function Get-Sum {
    [CmdletBinding()]
    param([int[]] $Number)
    ($Number | Measure-Object -Sum).Sum
}
function Wait-Long {
    [CmdletBinding()]
    param()
    Write-Progress -Activity Waiting -Status 'Waiting'
    Start-Sleep -Seconds 3600
}
'@

    # What another client is told of a task: this one takes only those up that it has on record.
    function Get-Kept([object] $Server, [string] $Id) {
        $body = @{
            jsonrpc = '2.0'; id = 1; method = 'tasks/get'
            params  = @{
                taskId = $Id
                _meta  = @{
                    'io.modelcontextprotocol/protocolVersion'    = '2026-07-28'
                    'io.modelcontextprotocol/clientCapabilities' = @{ extensions = @{ 'io.modelcontextprotocol/tasks' = @{} } }
                }
            }
        } | ConvertTo-Json -Depth 9
        $headers = @{ 'MCP-Protocol-Version' = '2026-07-28'; 'Mcp-Method' = 'tasks/get'; 'Mcp-Name' = $Id; Accept = 'application/json, text/event-stream' }
        $answer = Invoke-RestMethod -Uri $Server.Uri -Method Post -Body $body -ContentType 'application/json' -Headers $headers
        if ($answer -is [string]) { $answer = $answer -split "`n" -match '^data: .' -replace '^data: ' | Select-Object -Last 1 | ConvertFrom-Json }
        $answer.result ?? $answer.error
    }
}

AfterAll {
    Clear-Job
}

Describe 'A task of <Case>, kept in a file' -ForEach @(
    @{
        Case = 'the sample server'; Start = { Start-McpProgressServer -Http -Speed 100 -TaskStore $args[0] }
        Short = 'process_items'; Argument = @{ items = @('a') }; Long = 'run_forever'; Says = '"results":["A"]'
    }
    @{
        Case = 'the sample server without a runtime'; Start = {
            $path, $env:PATH = $env:PATH, ''
            try { Start-McpProgressServer -Http -Speed 100 -TaskStore $args[0] } finally { $env:PATH = $path }
        }
        Short = 'process_items'; Argument = @{ items = @('a') }; Long = 'run_forever'; Says = '"results":["A"]'
    }
    @{
        Case = 'published commands'; Start = { Start-McpProgressServer -Http -Path (Join-Path $TestDrive 'tools.ps1') -TaskStore $args[0] }
        Short = 'Get-Sum'; Argument = @{ Number = 1, 2, 4 }; Long = 'Wait-Long'; Says = '7'
    }
) {
    BeforeAll {
        $store = Join-Path $TestDrive "$([guid]::NewGuid()).db"
        $server = & $Start $store
        $null = Connect-McpServer -Uri $server.Uri
        $ended = Invoke-McpTool $Short $Argument -AsJob
        $endedId = $ended.Task.Id
        $running = Invoke-McpTool $Long -AsJob
        $runningId = $running.Task.Id
        $null = $ended | Wait-Job
    }

    AfterAll {
        Clear-Job
    }

    It 'cannot be had by a second server meanwhile' {
        (Get-Failure { & $Start $store }).FullyQualifiedErrorId | Should -BeLike 'McpServerStartFailed*'
    }

    It 'is there again when the server is started on the same file' {
        Stop-McpProgressServer $server
        $again = & $Start $store
        $kept = Get-Kept $again $endedId
        $kept.status | Should -Be 'completed'
        ConvertTo-Json $kept.result -Compress -Depth 9 | Should -BeLike "*$([WildcardPattern]::Escape($Says))*"
        $lost = Get-Kept $again $runningId
        $lost.status | Should -Be 'failed'
        $lost.error.message | Should -Match 'its work is lost'
    }
}

Describe '-TaskStore over stdio' {
    It 'keeps the tasks of <Case>' -ForEach @(
        @{ Case = 'the sample server'; Start = { Start-McpProgressServer -Stdio -Connect -Speed 100 -TaskStore $args[0] } }
        @{ Case = 'published commands'; Start = { Start-McpProgressServer -Stdio -Connect -Path (Join-Path $TestDrive 'tools.ps1') -TaskStore $args[0] } }
    ) {
        $store = Join-Path $TestDrive "$([guid]::NewGuid()).db"
        $connection = & $Start $store
        $connection | Disconnect-McpServer
        Test-Path $store | Should -BeTrue
        # Closed with the server: the next one can have it.
        (& $Start $store).Status | Should -Be 'Connected'
        Get-McpServer | Disconnect-McpServer
    }
}

Describe '-TaskStore' {
    It 'refuses a file <Why>, <Case>' -ForEach @(
        foreach ($why in 'in no folder', 'that cannot be used') {
            $id = $why -eq 'in no folder' ? 'McpInvalidArgument*' : $null
            @{ Why = $why; Case = 'over HTTP'; Start = { Start-McpProgressServer -Http -TaskStore $store }; Id = $id ?? 'McpServerStartFailed*' }
            @{ Why = $why; Case = 'over stdio'; Start = { Start-McpProgressServer -Stdio -Connect -TaskStore $store }; Id = $id ?? 'McpConnectionFailed*' }
            @{ Why = $why; Case = 'of published commands'; Start = { Start-McpProgressServer -Http -Path (Join-Path $TestDrive 'tools.ps1') -TaskStore $store }; Id = $id ?? 'McpServerStartFailed*' }
        }
    ) {
        $store = Join-Path $TestDrive ($Why -eq 'in no folder' ? 'no/such/folder.db' : 'folder.db')
        if ($Why -ne 'in no folder') { $null = New-Item -ItemType Directory $store -Force }
        $failure = Get-Failure $Start
        $failure.FullyQualifiedErrorId | Should -BeLike $Id
        "$failure" | Should -Match 'folder\.db'
        if ($Case -eq 'of published commands' -or $Why -eq 'in no folder') { "$failure" | Should -Match '-TaskStore' }
    }

    It 'is closed again when the port is taken' {
        $store = Join-Path $TestDrive 'port.db'
        $first = Start-McpProgressServer -Http -Path (Join-Path $TestDrive 'tools.ps1')
        $null = Get-Failure { Start-McpProgressServer -Http -Path (Join-Path $TestDrive 'tools.ps1') -Port $first.Port -TaskStore $store }
        $second = Start-McpProgressServer -Http -Path (Join-Path $TestDrive 'tools.ps1') -TaskStore $store
        $second.Status | Should -Be 'Running'
        Get-McpProgressServer | Stop-McpProgressServer
    }

    It 'is relative to the current location' {
        Push-Location $TestDrive
        try {
            $server = Start-McpProgressServer -Http -TaskStore here.db
            $null = Start-McpProgressServer -Stdio -Connect -TaskStore there.db
        } finally {
            Pop-Location
        }

        (Join-Path $TestDrive 'here.db'), (Join-Path $TestDrive 'there.db') | Should -Exist
    }
}
