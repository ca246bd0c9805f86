# The built module as a whole: what is in it, what it exports, its help, and how it comes and goes.

BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    Import-Module $modulePath
    $cmdlets = Get-Command -Module McpProgress | ForEach-Object { @{ Name = $_.Name; Command = $_ } }
    $pages = Get-ChildItem (Join-Path $root 'docs/en-US') -Filter '*-*.md' | ForEach-Object { @{ Name = $_.BaseName } }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    Import-Module $modulePath
    $bin = Join-Path $modulePath 'bin'
}

Describe 'The manifest' {
    It 'is valid' {
        $manifest = Test-ModuleManifest (Join-Path $modulePath 'McpProgress.psd1') -ErrorAction Stop
        $manifest.PowerShellVersion | Should -Be '7.4'
        $manifest.CompatiblePSEditions | Should -Be 'Core'
    }

    It 'names exactly the cmdlets there are' {
        $exported = (Import-PowerShellDataFile (Join-Path $modulePath 'McpProgress.psd1')).CmdletsToExport
        $module = Get-Module McpProgress
        $implemented = @(($module.NestedModules | Where-Object Name -NE 'McpProgress.Loader').ExportedCmdlets.Keys)

        Compare-Object $exported $implemented | Should -BeNullOrEmpty
        Compare-Object $exported @($module.ExportedCommands.Keys) | Should -BeNullOrEmpty
    }
}

Describe 'The files' {
    It 'are without System.Management.Automation, symbols and API comments' {
        Get-ChildItem $modulePath -Recurse -Include System.Management.Automation.dll, *.pdb, McpProgress*.xml |
            Where-Object Name -NotLike '*-Help.xml' | Should -BeNullOrEmpty
    }

    # The module and the server executable share one folder: each must find the versions it was built with, or newer.
    It 'satisfy every reference between them' {
        $versions = @{}
        $references = foreach ($file in Get-ChildItem $bin -Filter *.dll) {
            $stream = [System.IO.File]::OpenRead($file.FullName)
            $image = [System.Reflection.PortableExecutable.PEReader]::new($stream)
            try {
                $metadata = [System.Reflection.Metadata.PEReaderExtensions]::GetMetadataReader($image)
                $versions[$file.BaseName] = $metadata.GetAssemblyDefinition().Version
                foreach ($handle in $metadata.AssemblyReferences) {
                    $reference = $metadata.GetAssemblyReference($handle)
                    [pscustomobject]@{ From = $file.BaseName; To = $metadata.GetString($reference.Name); Version = $reference.Version }
                }
            } finally {
                $image.Dispose()
            }
        }

        $references.Count | Should -BeGreaterThan 50
        $references | Where-Object { $versions.ContainsKey($_.To) -and $versions[$_.To] -lt $_.Version } | Should -BeNullOrEmpty
    }

    It 'hold all that the server executable asks for' {
        $dependencies = Get-Content (Join-Path $bin 'mcpprogress-server.deps.json') -Raw | ConvertFrom-Json -AsHashtable
        $assemblies = $dependencies.targets.Values.Values.Where({ $_.ContainsKey('runtime') }).ForEach({ $_.runtime.Keys })

        $assemblies.Count | Should -BeGreaterThan 5
        $assemblies | ForEach-Object { Join-Path $bin (Split-Path $_ -Leaf) } | Should -Exist
        Join-Path $bin 'mcpprogress-server.runtimeconfig.json' | Should -Exist
    }
}

Describe '<Name>' -ForEach $cmdlets {
    BeforeAll {
        $help = Get-Help $Name -Full
        $common = [System.Management.Automation.Cmdlet]::CommonParameters
    }

    It 'has an approved verb and a singular noun with the prefix Mcp' {
        $Command.Verb | Should -BeIn (Get-Verb).Verb
        $Command.Noun | Should -MatchExactly '^Mcp[A-Z]'
        $Command.Noun | Should -Not -Match '[^s]s$'
    }

    It 'says what it puts out' {
        $Command.OutputType | Should -Not -BeNullOrEmpty
    }

    It 'has help with a synopsis and a description' {
        # Without a page, Get-Help makes the syntax the synopsis.
        $help.Synopsis.Trim() | Should -Not -Match "^$Name "
        $help.description.Text | Should -Not -BeNullOrEmpty
    }

    It 'has no online page that is another''s' {
        # Get-Help -Online opens the first address among the related links. The module has no page of its own to name there.
        $Command.HelpUri | Should -BeNullOrEmpty
        "$($help.relatedLinks.navigationLink.uri)".Trim() | Should -BeNullOrEmpty
    }

    It 'has help for every parameter, and for none it does not have' {
        $parameters = $Command.Parameters.Keys | Where-Object { $_ -notin $common }
        $described = $help.parameters.parameter | Where-Object { $_.description.Text } | ForEach-Object name

        $parameters | Where-Object { $_ -notin $described } | Should -BeNullOrEmpty
        $page = Get-Content (Join-Path $root "docs/en-US/$Name.md") -Raw
        [regex]::Matches($page, '(?m)^### -(\w+)').ForEach({ $_.Groups[1].Value }) | Where-Object { $_ -notin $parameters } |
            Should -BeNullOrEmpty
    }

    It 'has examples that show it, parse, and use parameters that exist' {
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterThan 0
        $examples.code -join "`n" | Should -Match $Name
        foreach ($code in $examples.code) {
            $errors = $null
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty -Because $code
            foreach ($call in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $known = Get-Command $call.GetCommandName() -Module McpProgress -ErrorAction Ignore
                # A cmdlet with dynamic parameters takes names that only a server knows.
                if (-not $known -or [System.Management.Automation.IDynamicParameters].IsAssignableFrom($known.ImplementingType)) { continue }
                foreach ($parameter in $call.CommandElements.Where({ $_ -is [System.Management.Automation.Language.CommandParameterAst] })) {
                    { $known.ResolveParameter($parameter.ParameterName) } | Should -Not -Throw -Because $call.Extent.Text
                }
            }
        }
    }
}

Describe 'The help page <Name>' -ForEach $pages {
    It 'is that of a cmdlet' {
        Get-Command $Name -Module McpProgress -ErrorAction Ignore | Should -Not -BeNullOrEmpty
    }
}

Describe 'The about topics' {
    It 'are found by Get-Help' {
        Get-Help about_McpProgress | Out-String | Should -Match 'SHORT DESCRIPTION'
    }
}

Describe 'Import and removal' {
    BeforeAll {
        # What Get-Command has of the module's cmdlets, after a script ran in a new process.
        function Get-ExportedAfter([string] $Script) {
            Invoke-FreshPowerShell "`$m = '$modulePath'; $Script; Get-Command -Module McpProgress | ForEach-Object Name"
        }

        $expected = Get-ExportedAfter 'Import-Module $m'
    }

    It 'exports its cmdlets under its own name' {
        $expected | Should -Not -BeNullOrEmpty
        Get-Command -Module McpProgress | ForEach-Object Source | Sort-Object -Unique | Should -Be 'McpProgress'
    }

    It 'leaves nothing behind when it is removed' {
        $left = Invoke-FreshPowerShell "Import-Module '$modulePath'; Remove-Module McpProgress; Get-Module -All | Where-Object Name -match 'McpProgress' | ForEach-Object Name; Get-Command -Module McpProgress | ForEach-Object Name"
        $left | Should -BeNullOrEmpty
    }

    It 'has its cmdlets again after <Name>' -ForEach @(
        @{ Name = 'a second import'; Again = 'Import-Module $m' }
        @{ Name = 'a removal and an import'; Again = 'Remove-Module McpProgress; Import-Module $m' }
        @{ Name = 'a forced import'; Again = 'Import-Module $m -Force' }
        @{ Name = 'two forced imports and a removal'; Again = 'Import-Module $m -Force; Import-Module $m -Force; Remove-Module McpProgress; Import-Module $m' }
    ) {
        Get-ExportedAfter "Import-Module `$m; $Again" | Should -Be $expected
    }

    It 'is removed whole after a forced import too' {
        $left = Invoke-FreshPowerShell "Import-Module '$modulePath'; Import-Module '$modulePath' -Force; Remove-Module McpProgress; Get-Module -All | Where-Object Name -match 'McpProgress' | ForEach-Object Name"
        $left | Should -BeNullOrEmpty
    }

    It 'works in a second runspace, from the same assembly, and leaves the first alone' {
        $result = Invoke-FreshPowerShell @"
            Import-Module '$modulePath'
            `$second = [powershell]::Create()
            `$there = `$second.AddScript("Import-Module '$modulePath'; (Get-Command -Module McpProgress)[0].ImplementingType; Remove-Module McpProgress; Import-Module '$modulePath'; (Get-Command -Module McpProgress).Count").Invoke()
            `$second.Dispose()
            @{
                SameType = `$there[0] -eq (Get-Command -Module McpProgress)[0].ImplementingType
                There = `$there[1]
                Here = @(Get-Command -Module McpProgress).Count
                Contexts = @([System.Runtime.Loader.AssemblyLoadContext]::All | Where-Object Name -like 'McpProgress*').Count
            }
"@
        $result.SameType | Should -BeTrue
        $result.There | Should -Be $expected.Count
        $result.Here | Should -Be $expected.Count
        $result.Contexts | Should -Be 1
    }

    It 'closes what is open at a forced import, too' {
        $result = Invoke-FreshPowerShell @"
            Import-Module '$modulePath'
            `$null = Register-McpEvent -Name Connected -Action { }
            `$server = Start-McpProgressServer -Stdio -Connect
            Import-Module '$modulePath' -Force
            `$left = Get-Process -Id `$server.ProcessId -ErrorAction Ignore
            @{ Process = `$server.ProcessId; Left = [bool]`$left; Connections = @(Get-McpServer).Count; Servers = @(Get-McpProgressServer).Count; Subscribers = @(Get-EventSubscriber).Count }
"@
        $result.Process | Should -BeGreaterThan 0
        $result.Left | Should -BeFalse
        $result.Connections | Should -Be 0
        $result.Servers | Should -Be 0
        $result.Subscribers | Should -Be 0
    }

    It 'leaves open what is open when <Name>' -ForEach @(
        @{ Name = 'it is imported again'; Again = 'Import-Module $m' }
        @{ Name = 'another module imports it for itself'; Again = '$null = New-Module -Name Outer { param($m) Import-Module $m } -ArgumentList $m' }
        @{ Name = 'another module has it nested'; Again = 'New-ModuleManifest "$t/Outer.psd1" -NestedModules (Join-Path $m McpProgress.psd1); Import-Module "$t/Outer.psd1"' }
    ) {
        $result = Invoke-FreshPowerShell "`$m = '$modulePath'; `$t = '$TestDrive'; Import-Module `$m; `$server = Start-McpProgressServer -Stdio -Connect; $Again; Invoke-McpTool echo @{ text = 'there' } -Server `$server"
        $result | Should -Be 'there'
    }

    It 'imports a copy in another folder beside the first, and says which of them runs' {
        $copy = Join-Path $TestDrive 'McpProgress'
        Copy-Item $modulePath $copy -Recurse
        Get-ExportedAfter "Import-Module `$m; Remove-Module McpProgress; Import-Module '$copy'" | Should -Be $expected

        $warnings = Invoke-FreshPowerShell "Import-Module '$modulePath'; Remove-Module McpProgress; Import-Module '$copy'; `$null = Start-McpProgressServer -Stdio -Connect -WarningVariable warnings 3> `$null; `"`$warnings`""
        $warnings | Should -BeLike "*$modulePath*$copy*"
    }

    It 'leaves the output of a server over stdio to the protocol when another copy runs it' {
        $copy = Join-Path $TestDrive 'served/McpProgress'
        $null = New-Item -ItemType Directory (Split-Path $copy)
        Copy-Item $modulePath $copy -Recurse
        $ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
        $lines = $ping | & $pwsh @pwshFirst -NoProfile -NonInteractive -Command "Import-Module '$modulePath'; Remove-Module McpProgress; Import-Module '$copy'; Start-McpProgressServer -Stdio" 2>$null
        $lines | Should -Be '{"result":{},"id":1,"jsonrpc":"2.0"}'
    }

    It 'has nothing to warn of otherwise' {
        Invoke-FreshPowerShell "Import-Module '$modulePath'; `$null = Start-McpProgressServer -Stdio -Connect -WarningVariable warnings; @(`$warnings).Count" | Should -Be 0
    }
}
