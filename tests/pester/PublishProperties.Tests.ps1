# Random definitions of commands and arguments of calls: see tests/README.md for how many, and for how one is run again.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    Import-Module $modulePath
    $fixture = Get-ChildItem (Join-Path $root 'tests/fixtures/PublishedDefinitions/bin') -Recurse -Filter McpProgress.PublishedDefinitions.dll |
        Sort-Object LastWriteTime | Select-Object -Last 1 -ExpandProperty FullName
    # Where the module's own assemblies are: what it asks for has to be the module's.
    $context = [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext((Get-Command Connect-McpServer).ImplementingType.Assembly)
    $run = $context.LoadFromAssemblyPath($fixture).GetType('McpProgress.PublishedDefinitions.Run')
}

Describe 'A random command' {
    It 'is read and called as PowerShell does it, or refused' {
        $outcomes = $run::All(4000)

        Write-Host ($outcomes.GetEnumerator().ForEach({ "$($_.Key): $($_.Value)" }) -join '; ')
        $total = ($outcomes.Values | Measure-Object -Sum).Sum
        if ($total -ge 1000) {
            # Each of them must be common, or this tests nothing.
            foreach ($outcome in 'meant, and arrived', 'allowed, and arrived', 'any, and refused', 'any, and arrived') {
                $outcomes[$outcome] | Should -BeGreaterThan ($total / 50) -Because $outcome
            }
        }
    }
}
