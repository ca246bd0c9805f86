# The loader, which the manifest requires, lives in PowerShell's own load context; the cmdlets and all they need live in the
# module's. Little is said here: PowerShell takes longer to learn what a line means than the line takes.
$isAgain = [McpProgress.Loader.ModuleLoadContext]::HasLoaded($PSScriptRoot)
$cmdlets = [McpProgress.Loader.ModuleLoadContext]::LoadModule("$PSScriptRoot/bin/McpProgress.PowerShell.dll")
if ($isAgain) {
    # "Import-Module McpProgress -Force" removes this module but leaves its nested one, and importing an assembly whose
    # module is still there exports nothing (https://github.com/PowerShell/PowerShell/issues/20710).
    Microsoft.PowerShell.Core\Get-Module -All | Where-Object Path -EQ $cmdlets.Location |
        Microsoft.PowerShell.Core\Remove-Module -Force
}

# Whose cleanup runs when the module is removed is the assembly's own: it is this module's nested module.
Microsoft.PowerShell.Core\Import-Module -Assembly $cmdlets
