<#
.SYNOPSIS
The client under test of the protocol's conformance suite, made of this module's cmdlets and nothing else.

.DESCRIPTION
The suite starts this script with the address of its server as the argument. Which scenario it plays is in the environment
variable MCP_CONFORMANCE_SCENARIO; what the scenario hands the client, such as its credentials, is in
MCP_CONFORMANCE_CONTEXT as JSON. Whoever runs the suite sets BROWSER to a command that follows the redirects of a sign-in.
#>
[CmdletBinding()]
param([Parameter(Mandatory)][uri] $Uri)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../../../out/McpProgress')

$scenario = $env:MCP_CONFORMANCE_SCENARIO
$context = $env:MCP_CONFORMANCE_CONTEXT ? (ConvertFrom-Json $env:MCP_CONFORMANCE_CONTEXT -AsHashtable) : @{}

# How the client is told to identify itself.
$credentials = @{}
if ($scenario -eq 'auth/basic-cimd') {
    $credentials.ClientId = 'https://conformance-test.local/client-metadata.json'
} elseif ($context['client_secret']) {
    $credentials.ClientId = $context.client_id
    $credentials.ClientSecret = [System.Net.NetworkCredential]::new('', $context.client_secret).SecurePassword
}

if ($scenario -like 'auth/*' -and $scenario -notlike 'auth/client-credentials-*') { $credentials.OAuth = $true }
$null = Connect-McpServer -Uri $Uri -Name conformance @credentials

# Each scenario is a server with tools: what the client is to do shows in what there is to call.
switch ($scenario) {
    'http-custom-headers' {
        $null = Get-McpTool
        foreach ($call in $context.toolCalls) {
            # The tools' schemas allow no null, and what does not fit the schema is not sent: null is left out.
            $arguments = @{}
            foreach ($argument in $call.arguments.GetEnumerator()) {
                if ($null -ne $argument.Value) { $arguments[$argument.Key] = $argument.Value }
            }

            $null = Invoke-McpTool $call.name $arguments
        }
    }
    'json-schema-2020-12-preservation' {
        $null = Invoke-McpTool json_schema_echo @{ schema = (Get-McpTool json_schema_2020_12_tool).InputSchema }
    }
    'json-schema-ref-no-deref' { $null = Get-McpTool }
    'auth/authorization-server-migration' {
        $null = Get-McpTool
        $null = Invoke-McpTool test-tool
    }
    default {
        # Required arguments get a value; every question is accepted as it is put.
        foreach ($tool in Get-McpTool) {
            $arguments = @{}
            foreach ($name in $tool.InputSchema.psobject.Properties['required']?.Value) {
                $arguments[$name] = $tool.InputSchema.properties.$name.type -eq 'string' ? 'text' : 2
            }

            $null = Invoke-McpTool $tool.Name $arguments -InputHandler { @{} }
        }
    }
}

Disconnect-McpServer conformance
