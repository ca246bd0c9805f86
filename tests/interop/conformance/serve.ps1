<#
.SYNOPSIS
Publishes conformance/tools.ps1 over HTTP, prints {"url":…}, and ends with its standard input.
#>
[CmdletBinding()]
param([int] $Port = 0)

$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../../../out/McpProgress')
$tools = Join-Path $PSScriptRoot 'tools.ps1'
$waitedFor = 'test_*', 'greet'
$server = Start-McpProgressServer -Http -Path $tools -Port $Port -NoTask $waitedFor -TaskOnly failing_job
[Console]::Out.WriteLine((@{ url = "$($server.Uri)" } | ConvertTo-Json -Compress))
$null = [Console]::In.ReadToEnd()
Stop-McpProgressServer
