# Start-McpProgressServer -Command, -Path and -Module, and what Get-McpProgressServer shows of them.
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidUsingConvertToSecureStringWithPlainText', '', Justification = 'A token for a test.')]
param()

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
}

AfterAll {
    Disconnect-All
}

Describe '-Path' {
    It 'publishes the functions with help or [CmdletBinding()], in their order' {
        $server = Start-McpProgressServer -Http -Path $publishedScript
        $server.Tools | Should -Contain 'Copy-Sample'
        $server.Tools | Should -Not -Contain 'Get-Unmarked'
        $server.Tools[0] | Should -Be 'Copy-Sample'
        $server | Stop-McpProgressServer
    }

    It 'publishes all of them with -All' {
        $server = Start-McpProgressServer -Http -Path $publishedScript -All
        $server.Tools | Should -Contain 'Get-Unmarked'
        $server | Stop-McpProgressServer
    }

    It 'takes wildcards, and names relative to the location' {
        Push-Location $publishedFolder
        try {
            $server = Start-McpProgressServer -Http -Path 'def*.ps1' -WarningAction Ignore
        } finally {
            Pop-Location
        }

        $server.Tools | Should -Contain 'Get-ByNameOrId'
        $server | Stop-McpProgressServer
    }

    It 'takes names with brackets, also to a child' {
        $file = Join-Path $TestDrive 'a[1].ps1'
        Set-Content -LiteralPath $file 'function Get-Bracketed { [CmdletBinding()] param() 1 }'
        $connection = Start-McpProgressServer -Stdio -Path ([WildcardPattern]::Escape($file)) -Connect
        (Get-McpTool -Server $connection).Name | Should -Be 'Get-Bracketed'
        Get-McpProgressServer $connection.Name | Stop-McpProgressServer
    }

    It 'can be stopped while a script loads' {
        $file = Join-Path $TestDrive 'slow.ps1'
        $marker = Join-Path $TestDrive 'loading'
        Set-Content -LiteralPath $file "Set-Content -LiteralPath '$marker' 1; Start-Sleep 60; function Get-Slow { [CmdletBinding()] param() 1 }"
        $shell = [powershell]::Create().AddScript("Import-Module '$modulePath'; Start-McpProgressServer -Http -Path '$file'")
        $null = $shell.BeginInvoke()
        Wait-Until { Test-Path -LiteralPath $marker }
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        $shell.Dispose()
    }

    It 'says what is wrong with <Case>' -ForEach @(
        @{ Case = 'a file that is not there'; Text = $null; Id = 'McpInvalidArgument'; Expected = "*There is no script at*" }
        @{ Case = 'a script that does not parse'; Text = 'function {'; Id = 'McpServerStartFailed'; Expected = 'The commands cannot be loaded: *' }
        @{ Case = 'a script that throws'; Text = 'throw "not today"'; Id = 'McpServerStartFailed'; Expected = '*not today*' }
        @{ Case = 'a script that needs a missing module'; Text = "#Requires -Modules NoSuchModuleAnywhere`nfunction Get-It { [CmdletBinding()] param() 1 }"; Id = 'McpServerStartFailed'; Expected = '*NoSuchModuleAnywhere*' }
        @{ Case = 'a script without functions'; Text = '$x = 1'; Id = 'McpServerStartFailed'; Expected = 'There is no command to publish*-All*' }
    ) {
        $file = Join-Path $TestDrive 'bad.ps1'
        Remove-Item $file -ErrorAction Ignore
        if ($null -ne $Text) { Set-Content -LiteralPath $file -Value $Text }
        $failure = Get-Failure { Start-McpProgressServer -Http -Path $file }
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        "$failure" | Should -BeLike $Expected
    }
}

Describe '-Command' {
    It 'publishes functions of the session with the functions they call' {
        function global:Get-PublishHelper { 'the helper' }
        function global:Get-PublishedNow {
            [CmdletBinding()]
            param()

            "from $(Get-PublishHelper)"
        }
        try {
            $server = Start-McpProgressServer -Http -Command Get-PublishedNow -Connect -Name now
            (Get-McpTool).Name | Should -Be 'Get-PublishedNow'
            Invoke-McpTool Get-PublishedNow -Server $server | Should -Be 'from the helper'
        } finally {
            Remove-Item Function:/Get-PublishHelper, Function:/Get-PublishedNow
        }
    }

    It 'publishes functions of the session that use filters, and filters' {
        filter global:Get-PublishTwice([int] $More) { $_ * 2 + $More } # Adds more.
        filter global:Get-PublishBlock { begin { 'begun' } process { $_ * 3 } }
        function global:Get-PublishFiltered {
            [CmdletBinding()]
            param()

            1..3 | Get-PublishTwice -More 1
            1, 2 | Get-PublishBlock
        }
        try {
            $server = Start-McpProgressServer -Http -Command Get-PublishFiltered, Get-PublishTwice -Connect -Name filters
            Invoke-McpTool Get-PublishFiltered -Server $server | Should -Be "3`n5`n7`nbegun`n3`n6"
            Invoke-McpTool Get-PublishTwice @{ More = 4 } -Server $server | Should -Be '4'
        } finally {
            Remove-Item Function:/Get-PublishTwice, Function:/Get-PublishBlock, Function:/Get-PublishFiltered
        }
    }

    It 'says what to do with a function of a module without a file' {
        $module = New-Module -Name Fileless -ScriptBlock { function Get-Fileless { [CmdletBinding()] param() } } | Import-Module -PassThru -Global
        try {
            $failure = Get-Failure { Start-McpProgressServer -Http -Command Get-Fileless }
            $failure.FullyQualifiedErrorId | Should -BeLike 'McpServerStartFailed,*'
            "$failure" | Should -BeLike "*'Get-Fileless' is not published: *Put it in a file*"
        } finally {
            Remove-Module $module
        }
    }

    It 'publishes cmdlets, by alias too, and scripts' {
        $script = Join-Path $TestDrive 'Measure-Word.ps1'
        Set-Content -LiteralPath $script -Value "param([Parameter(Mandatory)][string] `$Text)`n`$Text.Length"
        $server = Start-McpProgressServer -Http -Command Get-Random, gci, $script -Connect -Name mixed
        (Get-McpTool).Name | Should -Be 'Get-Random', 'Get-ChildItem', 'Measure-Word'
        Invoke-McpTool Measure-Word @{ Text = 'four' } -Server $server | Should -Be '4'
        Invoke-McpTool Get-Random @{ InputObject = @(7) } -Server $server | Should -Be '7'
    }

    It 'suggests near names for one that is not there' {
        $failure = Get-Failure { Start-McpProgressServer -Http -Command Get-ChildItme }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        "$failure" | Should -BeLike '*Did you mean Get-ChildItem*'
    }

    It 'of the session cannot go to a child process' {
        function global:Get-OnlyHere { [CmdletBinding()] param() 1 }
        try {
            $failure = Get-Failure { Start-McpProgressServer -Stdio -Connect -Command Get-OnlyHere }
        } finally {
            Remove-Item Function:/Get-OnlyHere
        }

        "$failure" | Should -BeLike '*Put it into a script and use -Path*'
    }
}

Describe '-Module' {
    It 'publishes what a module exports, by name or path' {
        $path = Join-Path $publishedFolder 'Stateful.psm1'
        $server = Start-McpProgressServer -Http -Module $path
        $server.Tools | Sort-Object | Should -Be 'Add-Seen', 'Step-Count'
        $server | Stop-McpProgressServer
        $server = Start-McpProgressServer -Http -Module Microsoft.PowerShell.Host -WarningAction Ignore
        $server.Tools | Should -Contain 'Stop-Transcript'
        $server | Stop-McpProgressServer
    }

    It 'publishes a module that is loaded, wherever from, as its manifest says: <Case>' -ForEach @(
        @{ Case = 'a script'; File = 'LoadedOnly.psm1'; Tools = 'Get-Hidden', 'Get-Loaded' }
        @{ Case = 'a manifest with a root of another name'; File = 'LoadedOnly.psd1'; Tools = 'Get-Loaded' }
    ) {
        $folder = New-Item (Join-Path $TestDrive (New-Guid)) -ItemType Directory
        $rootModule = $File -like '*.psm1' ? $File : 'Root.psm1'
        Set-Content "$folder/$rootModule" 'function Get-Loaded { [CmdletBinding()] param() 1 }; function Get-Hidden { [CmdletBinding()] param() 2 }'
        if ($rootModule -ne $File) { New-ModuleManifest "$folder/$File" -RootModule $rootModule -FunctionsToExport Get-Loaded }
        Import-Module "$folder/$File"
        try {
            $server = Start-McpProgressServer -Http -Module loadedonly
            $connection = Start-McpProgressServer -Stdio -Module LoadedOnly -Connect
        } finally {
            Remove-Module LoadedOnly
        }

        $server.Tools | Sort-Object | Should -Be $Tools
        (Get-McpTool -Server $connection).Name | Sort-Object | Should -Be $Tools
        $server | Stop-McpProgressServer
        $connection | Disconnect-McpServer
    }

    It 'publishes <Path> over <Over>' -ForEach @(
        foreach ($over in 'Http', 'Stdio') {
            @{ Over = $over; Path = 'a module''s folder'; End = '' }
            @{ Over = $over; Path = 'a module''s file without its extension'; End = '/AsPath' }
        }
    ) {
        $folder = New-Item (Join-Path $TestDrive 'AsPath') -ItemType Directory -Force
        Set-Content "$folder/AsPath.psm1" 'function Get-AsPath { [CmdletBinding()] param() 1 }'
        $connection = Start-McpProgressServer $Over -Module "$folder$End" -Connect
        (Get-McpTool -Server $connection).Name | Should -Be 'Get-AsPath'
        Get-McpProgressServer $connection.Name | Stop-McpProgressServer
    }

    It 'that is missing is a clear error' {
        "$(Get-Failure { Start-McpProgressServer -Http -Module NoSuchModuleAnywhere })" | Should -BeLike '*NoSuchModuleAnywhere*'
    }
}

Describe '-WhatIf' {
    It 'lists what would be published over <_>, and publishes nothing' -ForEach 'Http', 'Stdio' {
        $before = @(Get-McpProgressServer).Count
        $lines = Invoke-FreshPowerShell "Import-Module '$modulePath'; Start-McpProgressServer -Transport $_ -Path '$publishedScript' -WhatIf *>&1 | ForEach-Object { `"`$_`" }; 'over'"
        @($lines)[-1] | Should -Be 'over'
        @(Get-McpProgressServer).Count | Should -Be $before
    }

    It 'says so on the host' {
        $text = & $pwsh @pwshFirst -NoProfile -NonInteractive -Command "Import-Module '$modulePath'; Start-McpProgressServer -Stdio -Path '$publishedScript' -WhatIf" | Out-String
        $text | Should -Match 'What if: .*Publish over stdio.*Copy-Sample: Copies pretended files\.'
    }
}

Describe 'A published server' {
    It 'over stdio with -Connect is a child with the same commands' {
        $connection = Start-McpProgressServer -Stdio -Path $publishedScript -Connect -Name child
        (Invoke-McpTool Copy-Sample @{ Source = 'child' } -Server $connection).Source | Should -Be 'child'
        $server = Get-McpProgressServer child
        $entry = $server.Configuration | ConvertFrom-Json
        $entry.mcpServers.child.command | Should -Match 'pwsh'
        $entry.mcpServers.child.args[-1] | Should -BeLike "*Start-McpProgressServer -Stdio -Path '$publishedScript'*"
        $server | Stop-McpProgressServer
        Wait-Until { Test-ProcessGone $connection.ProcessId }
    }

    It 'over stdio with -Connect has the commands asked for, and no others of their module' {
        Import-Module (Join-Path $publishedFolder 'Stateful.psm1')
        try {
            $connection = Start-McpProgressServer -Stdio -Command Step-Count, Get-Random -Connect -Name picked
        } finally {
            Remove-Module Stateful
        }

        (Get-McpTool -Server $connection).Name | Sort-Object | Should -Be 'Get-Random', 'Step-Count'
        Invoke-McpTool Step-Count -Server $connection | Should -Be 1
        Get-McpProgressServer picked | Stop-McpProgressServer
    }

    It 'counts its calls' {
        $server = Start-McpProgressServer -Http -Path $publishedScript -Name counted
        $null = Connect-McpServer -Uri $server.Uri -Name counting
        $null = Invoke-McpTool Copy-Sample @{ Source = 'a' } -Server counting
        $null = Invoke-McpTool Stop-Early -Server counting -ErrorAction SilentlyContinue
        $job = Invoke-McpTool Wait-Forever -Server counting -AsJob -Mode Call
        Wait-Until { $server.CallsInFlight -eq 1 }
        $server.Calls | Should -Be 3
        $server.FailedCalls | Should -Be 1
        $job | Remove-Job -Force
        Wait-Until { $server.CallsInFlight -eq 0 }
        $server | Stop-McpProgressServer
        $server.Status | Should -Be 'Stopped'
    }

    It 'runs at most -MaxConcurrency calls at once' {
        $server = Start-McpProgressServer -Http -Path $publishedScript -MaxConcurrency 1 -Connect -Name single
        $first = Invoke-McpTool Wait-Forever -Server $server -AsJob -Mode Call
        Wait-Until { $first.Task.StatusMessage -match 'Waiting' }
        $second = Invoke-McpTool Copy-Sample @{ Source = 'next' } -Server $server -AsJob -Mode Call
        Wait-Until { (Get-McpProgressServer single).CallsInFlight -eq 2 }
        $second | Wait-Job -Timeout 1 | Should -BeNullOrEmpty
        $first | Stop-Job
        ($second | Receive-Job -Wait -AutoRemoveJob).Copied | Should -Be 4
        $first | Remove-Job
    }

    It 'with a token lets nobody in without it, and shows it to nobody' {
        $token = [System.Net.NetworkCredential]::new('', 'very-secret-token').SecurePassword
        $server = Start-McpProgressServer -Http -Path $publishedScript -Token $token -Name guarded
        (Invoke-WebRequest $server.Uri -SkipHttpErrorCheck).StatusCode | Should -Be 401
        $connection = Connect-McpServer -Uri $server.Uri -Token $token -Name inside
        (Invoke-McpTool Copy-Sample @{ Source = 'a' } -Server $connection).Copied | Should -Be 4
        $server | Format-List * | Out-String | Should -Not -Match 'very-secret'
        ($server.Configuration | ConvertFrom-Json).mcpServers.guarded.headers.Authorization | Should -Match '^Bearer \$\{'
    }

    It 'gives an entry that Connect-McpServer takes' {
        $server = Start-McpProgressServer -Http -Path $publishedScript -Name entry
        $file = Join-Path $TestDrive 'mcp.json'
        Set-Content -LiteralPath $file -Value $server.Configuration
        $connection = Connect-McpServer entry -ConfigurationPath $file
        (Get-McpTool -Server $connection).Count | Should -Be $server.Tools.Count
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = '-All without -Path'; Script = { Start-McpProgressServer -Http -Command Get-Date -All } }
        @{ Case = '-Speed with commands'; Script = { Start-McpProgressServer -Http -Command Get-Date -Speed 2 } }
        @{ Case = '-MaxConcurrency without commands'; Script = { Start-McpProgressServer -Http -MaxConcurrency 2 } }
        @{ Case = 'a name in -NoTask and in -TaskOnly'; Script = { Start-McpProgressServer -Http -Command Get-Date -NoTask Get-Item, get-d* -TaskOnly Get-D* } }
        @{ Case = '-Port over stdio'; Script = { Start-McpProgressServer -Transport Stdio -Port 1 -Command Get-Date } }
    ) {
        (Get-Failure $Script).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }
}
