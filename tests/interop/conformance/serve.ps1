<#
.SYNOPSIS
Publishes conformance/tools.ps1 over HTTP, prints {"url":…}, and ends with its standard input.
#>
[CmdletBinding()]
param([int] $Port = 0)

$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../../../out/McpProgress')
$tools = Join-Path $PSScriptRoot 'tools.ps1'
$waitedFor = 'test_[a-s]*', 'test_tool_with_logging', 'test_tool_with_progress', 'greet'
$server = Start-McpProgressServer -Http -Path $tools -Port $Port -NoTask $waitedFor -TaskOnly failing_job, test_tool_with_task
[Console]::Out.WriteLine((@{ url = "$($server.Uri)" } | ConvertTo-Json -Compress))
$null = [Console]::In.ReadToEnd()
Stop-McpProgressServer
