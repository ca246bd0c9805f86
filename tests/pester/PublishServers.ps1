# Servers of published commands; dot-source it in BeforeAll.

. (Join-Path $PSScriptRoot 'Servers.ps1')
$publishedFolder = Join-Path $root 'tests/fixtures/Published'
$publishedScript = Join-Path $publishedFolder 'tools.ps1'
$publishedBegin = Join-Path $publishedFolder 'begin.ps1'

function Connect-Published {
    <# .SYNOPSIS Serves commands from a new PowerShell over stdio, as an editor would start it, and connects to it. #>
    param([string] $Parameters = "-Path '$publishedScript'", [string] $Name = 'published')

    Connect-McpServer -Command $pwsh -Name $Name -ArgumentList (
        $pwshFirst + @('-NoProfile', '-NonInteractive', '-Command', "Import-Module '$modulePath'; Start-McpProgressServer -Stdio $Parameters"))
}

function Get-Result {
    <# .SYNOPSIS Calls a tool and returns the whole result: texts, structured content, isError. #>
    param([string] $Tool, [hashtable] $Argument = @{}, [object] $Server)

    $on = if ($Server) { @{ Server = $Server } } else { @{} }
    Invoke-McpTool $Tool $Argument -Raw -ErrorAction SilentlyContinue @on
}

function Send-Request {
    <#
    .SYNOPSIS
    Sends one request of revision 2026-07-28 over HTTP, and returns every message of the answer. Arguments that are a text are sent as the JSON they are.
    #>
    param([object] $Server, [string] $Method, [string] $RoutingName, [hashtable] $Parameter, [hashtable] $Meta = @{}, [hashtable] $Capability = @{})

    $Meta['io.modelcontextprotocol/protocolVersion'] = '2026-07-28'
    $Meta['io.modelcontextprotocol/clientCapabilities'] = $Capability
    $Meta['io.modelcontextprotocol/clientInfo'] = @{ name = 'test'; version = '1' }
    $body = @{ jsonrpc = '2.0'; id = 1; method = $Method; params = $Parameter + @{ _meta = $Meta } } | ConvertTo-Json -Depth 9
    if ($Parameter['arguments'] -is [string]) { $body = $body.Replace((ConvertTo-Json $Parameter.arguments), $Parameter.arguments) }
    $headers = @{ 'MCP-Protocol-Version' = '2026-07-28'; 'Mcp-Method' = $Method; 'Mcp-Name' = $RoutingName; Accept = 'application/json, text/event-stream' }
    $answer = Invoke-WebRequest -Uri $Server.Uri -Method Post -Body $body -ContentType 'application/json' -Headers $headers -SkipHttpErrorCheck
    $text = [System.Text.Encoding]::UTF8.GetString($answer.RawContentStream.ToArray())
    $lines = if ("$($answer.Headers.'Content-Type')" -like '*event-stream*') { $text -split "`n" -match '^data: .' -replace '^data: ' } else { $text }
    $lines | ForEach-Object { $_ | ConvertFrom-Json }
}

function Send-Raw {
    <#
    .SYNOPSIS
    Calls a tool over HTTP as another client might, and returns every message of the answer; our own client finds most mistakes before.
    Arguments that are a text are sent as the JSON they are.
    #>
    param([object] $Server, [string] $Tool, [object] $Argument, [string] $LogLevel, [string] $ProgressToken, [hashtable] $Capability = @{}, [hashtable] $More = @{})

    $meta = @{}
    if ($LogLevel) { $meta['io.modelcontextprotocol/logLevel'] = $LogLevel }
    if ($ProgressToken) { $meta.progressToken = $ProgressToken }
    Send-Request $Server tools/call $Tool ($More + @{ name = $Tool; arguments = $Argument }) -Meta $meta -Capability $Capability
}
