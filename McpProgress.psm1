# The loader, a nested module, lives in PowerShell's own load context; the cmdlets and all they need live in the module's.
# Whose cleanup runs when the module is removed is the assembly's own: it is this module's nested module, too.
Microsoft.PowerShell.Core\Import-Module -Assembly (McpProgress.Loader\Get-McpProgressAssembly "$PSScriptRoot/bin/McpProgress.PowerShell.dll")
