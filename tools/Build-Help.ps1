<#
.SYNOPSIS
Writes the help files of the built module from the Markdown pages. Run it in a process of its own: it imports the module.

.PARAMETER PageFolder
The folder with one page a cmdlet and the about topics.

.PARAMETER ModulePath
The folder of the built module; the help goes into its en-US folder.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $PageFolder,

    [Parameter(Mandatory)]
    [string] $ModulePath
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

Import-Module (Join-Path $PSScriptRoot 'Help.psm1')
$ModulePath = (Resolve-Path -LiteralPath $ModulePath).Path
Import-Module $ModulePath
$help = New-Item -ItemType Directory -Force -Path (Join-Path $ModulePath 'en-US')
Export-CommandHelp -PageFolder $PageFolder -Module McpProgress -Path (Join-Path $help 'McpProgress.PowerShell.dll-Help.xml')
foreach ($topic in Get-ChildItem -LiteralPath $PageFolder -Filter 'about_*.md') {
    Export-AboutHelp -PagePath $topic.FullName -Path (Join-Path $help "$($topic.BaseName).help.txt")
}
