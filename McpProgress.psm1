# The loader alone lives in PowerShell's own load context; the cmdlets and all they need live in the module's.
$cmdlets = [System.IO.Path]::Combine($PSScriptRoot, 'bin', 'McpProgress.PowerShell.dll')
if ('McpProgress.Loader.ModuleLoadContext' -as [type]) {
    # "Import-Module McpProgress -Force" removes this module but leaves its nested one, and importing an assembly whose
    # module is still there exports nothing (https://github.com/PowerShell/PowerShell/issues/20710).
    Microsoft.PowerShell.Core\Get-Module -All | Where-Object Path -EQ $cmdlets |
        Microsoft.PowerShell.Core\Remove-Module -Force
} else {
    $null = [System.Reflection.Assembly]::LoadFrom([System.IO.Path]::Combine($PSScriptRoot, 'bin', 'McpProgress.Loader.dll'))
}

# Whose cleanup runs when the module is removed is the assembly's own: it is this module's nested module.
Microsoft.PowerShell.Core\Import-Module -Assembly ([McpProgress.Loader.ModuleLoadContext]::LoadModule($cmdlets))
