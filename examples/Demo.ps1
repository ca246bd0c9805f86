# Imports the built module and shows what it offers.
Import-Module "$PSScriptRoot/../out/McpProgress"
Get-Command -Module McpProgress
