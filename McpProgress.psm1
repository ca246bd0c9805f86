# The loader alone lives in PowerShell's own load context; the cmdlets and all they need live in the module's.
$bin = [System.IO.Path]::Combine($PSScriptRoot, 'bin')
if (-not ('McpProgress.Loader.ModuleLoadContext' -as [type])) {
    $null = [System.Reflection.Assembly]::LoadFrom([System.IO.Path]::Combine($bin, 'McpProgress.Loader.dll'))
}

$cmdletAssembly = [McpProgress.Loader.ModuleLoadContext]::LoadModule(
    [System.IO.Path]::Combine($bin, 'McpProgress.PowerShell.dll'))

# "Import-Module McpProgress -Force" removes this module but leaves the nested one, and importing an assembly whose
# module is still there exports nothing (https://github.com/PowerShell/PowerShell/issues/20710).
foreach ($module in Microsoft.PowerShell.Core\Get-Module -All) {
    if ($module.ImplementingAssembly -eq $cmdletAssembly) {
        Microsoft.PowerShell.Core\Remove-Module -ModuleInfo $module -Force
    }
}

Microsoft.PowerShell.Core\Import-Module -Assembly $cmdletAssembly
