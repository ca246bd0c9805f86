# McpProgress next to a module that brings other versions of what both use. Every case in a process of its own, because
# what is loaded stays loaded.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Common.ps1')

    $compiled = Join-Path $modulePath 'bin' ([System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier)
    $other = Get-ChildItem (Join-Path $root 'tests/fixtures/OtherModule/bin') -Recurse -Filter OtherModule.dll |
        Sort-Object LastWriteTime | Select-Object -Last 1 -ExpandProperty FullName
    $importOurs = "Import-Module '$modulePath'"
    $importOther = "Import-Module '$other'"
    # The other module isolated as this one is: all it brings is loaded into a context of its own.
    $importOtherIsolated = @"
        `$context = [System.Runtime.Loader.AssemblyLoadContext]::new('other')
        `$loaded = Get-ChildItem '$(Split-Path $other)' -Filter *.dll | ForEach-Object { `$context.LoadFromAssemblyPath(`$_.FullName) }
        Import-Module -Assembly (`$loaded | Where-Object { `$_.GetName().Name -eq 'OtherModule' })
"@
    # What McpProgress itself gets, asked of its own context.
    $askOurs = @'
        $ours = [System.Runtime.Loader.AssemblyLoadContext]::All | Where-Object Name -like 'McpProgress*'
        $version = { "$($ours.LoadFromAssemblyName([System.Reflection.AssemblyName]::new($args[0])).GetName().Version)" }
'@
    # A call all the way, with logging and JSON on both sides of the wire.
    $callOurs = @'
        $connection = Start-McpProgressServer -Stdio -Connect -Speed 100
        try { Invoke-McpTool process_items @{ items = @('a', 'b') } -Server $connection }
        finally { $connection | Disconnect-McpServer }
'@
}

BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    Import-Module $modulePath
    $compiled = Join-Path $modulePath 'bin' ([System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier)
    if ([Environment]::Version.Major -lt 10 -or -not (Test-Path $compiled)) { $compiled = $null }
    $canCall = @(Get-Command Start-McpProgressServer, Invoke-McpTool, Disconnect-McpServer -ErrorAction Ignore).Count -eq 3
}

Describe 'McpProgress next to another module' {
    BeforeDiscovery {
        $orders = @(
            @{ Name = 'imported before it'; OursFirst = $true }
            @{ Name = 'imported after it'; OursFirst = $false }
        )
    }

    Context '<Name>' -ForEach $orders {
        It 'keeps its Microsoft.Extensions.Logging apart from an older one in the default context' {
            $imports = $OursFirst ? "$importOurs; $importOther" : "$importOther; $importOurs"
            $result = Invoke-FreshPowerShell "$imports; $askOurs; @{ Ours = & `$version Microsoft.Extensions.Logging; Other = `"`$(Get-OtherLogging)`" }"

            $result.Other | Should -Be '8.0.0.0'
            $result.Ours | Should -Be '10.0.0.0'
        }

        It 'keeps its System.Text.Json apart from another module''s isolated one' {
            $imports = $OursFirst ? "$importOurs; $importOtherIsolated" : "$importOtherIsolated; $importOurs"
            $result = Invoke-FreshPowerShell "$imports; $askOurs; @{ Ours = & `$version System.Text.Json; Other = `"`$(Get-OtherJson)`"; OtherLogging = `"`$(Get-OtherLogging)`" }"

            $result.Other | Should -Be '9.0.0.0'
            $result.OtherLogging | Should -Be '8.0.0.0'
            $result.Ours | Should -Be '10.0.0.0'
        }

        It 'calls a tool while the other module works' -Skip:(-not $canCall) {
            $imports = $OursFirst ? "$importOurs; $importOther" : "$importOther; $importOurs"
            $result = Invoke-FreshPowerShell "$imports; `$before = Get-OtherLogging; `$call = & { $callOurs }; @{ Call = `$call; Before = `"`$before`"; After = `"`$(Get-OtherLogging)`" }"

            $result.Call.processed | Should -Be 2
            $result.Before | Should -Be '8.0.0.0'
            $result.After | Should -Be '8.0.0.0'
        }
    }
}

Describe 'The load context' {
    It 'leaves only the loader in PowerShell''s own context' {
        $names = Invoke-FreshPowerShell "$importOurs; [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.Where({ `$_.Location -like '$modulePath*' }).ForEach({ `$_.GetName().Name })"

        $names | Should -Be 'McpProgress.Loader'
    }

    It 'works the same where nothing was compiled in advance' {
        $portable = Join-Path $TestDrive 'Portable/McpProgress'
        Copy-Item $modulePath $portable -Recurse
        Get-ChildItem (Join-Path $portable 'bin') -Directory | Where-Object Name -Match '-.*64$' | Remove-Item -Recurse
        $result = Invoke-FreshPowerShell "Import-Module '$portable'; @{ Call = & { $callOurs }; From = (Get-Command Connect-McpServer).ImplementingType.Assembly.Location }"

        $result.Call.processed | Should -Be 2
        Split-Path $result.From | Should -Be (Join-Path $portable 'bin')
    }

    It 'takes what was compiled in advance for this platform' -Skip:(-not $compiled) {
        $from = Invoke-FreshPowerShell "$importOurs; (Get-Command Connect-McpServer).ImplementingType.Assembly.Location"

        Split-Path $from | Should -Be $compiled
    }

    It 'takes System.Text.Json from the runtime when the runtime''s is new enough' {
        $result = Invoke-FreshPowerShell "$importOurs; $askOurs; @{ Runtime = [System.Text.Json.JsonDocument].Assembly.GetName().Version.Major; Same = `$ours.LoadFromAssemblyName([System.Reflection.AssemblyName]::new('System.Text.Json')) -eq [System.Text.Json.JsonDocument].Assembly }"

        $result.Same | Should -Be ($result.Runtime -ge 10)
    }
}
