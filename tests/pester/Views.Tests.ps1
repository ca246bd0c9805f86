# The views: what a user sees fits 80 columns and holds no bytes and nothing that steers a terminal.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    $sample = Connect-Sample
    $results = Connect-Faulty error-result
    $server = Start-McpProgressServer -Http

    # The lines a user sees, without colours.
    function Get-Line([Parameter(ValueFromPipeline)] $InputObject, [switch] $List) {
        begin { $objects = @() }
        process { $objects += $InputObject }
        end { ($List ? ($objects | Format-List) : $objects) | Out-String -Width 80 | ForEach-Object { $_ -replace '\e\[[\d;]*m' -split '\r?\n' -match '\S' } }
    }
}

AfterAll {
    Disconnect-All
}

Describe 'The view of <Case>' -ForEach @(
    @{ Case = 'a connection'; Get = { Get-McpServer }; Shows = '^sample +Stdio +McpProgress server .* Connected +\d+$' }
    @{ Case = 'a tool'; Get = { Get-McpTool -Server sample }; Shows = '^process_items +Turns each' }
    @{ Case = 'a progress server'; Get = { Get-McpProgressServer }; Shows = 'http://127.0.0.1:\d+/mcp +\d+ Running' }
    @{ Case = 'a test'; Get = { Test-McpServer }; Shows = 'True +\d+\D\d ms' }
    @{ Case = 'a picture'; Get = { Invoke-McpTool image -Server error-result }; Shows = '^image +image/png +\d+$' }
    @{ Case = 'a resource'; Get = { Invoke-McpTool resource -Server error-result }; Shows = '^Text +: all is well' }
    @{ Case = 'an update'; Shows = '^ +\d \d\d:\d\d:\d\d\.\d{3} +3 +3 +100 done'; Get = {
            $null = Invoke-McpTool process_items @{ items = 1..3 } -Server sample -ProgressVariable updates
            $updates | Select-Object -Last 1
        }
    }
) {
    It 'fits 80 columns and shows what matters' {
        $lines = & $Get | Get-Line

        $lines | Where-Object Length -GT 80 | Should -BeNullOrEmpty
        ($lines -match $Shows).Count | Should -BeGreaterThan 0 -Because ($lines -join "`n")
    }
}

Describe 'The list view' {
    It 'of a tool has its arguments with type, need and meaning' {
        $lines = Get-McpTool download_file -Server sample | Get-Line -List

        $lines -match 'filename \(string, required\): The name' | Should -Not -BeNullOrEmpty
        $lines -match 'size_mb \(integer, required\)' | Should -Not -BeNullOrEmpty
        ($lines -replace '^\s+') -join '' -match 'readOnlyHint True' | Should -BeTrue
    }

    It 'of a tool has the type of an argument where a server says it in another way' {
        $lines = (Get-McpTool arguments -Server error-result | Get-Line -List) -join "`n"

        $lines | Should -Match 'serial \(string\)\s+edition \(string\)\s+either \(string \| number\)'
        $lines | Should -Match 'colour \(red \| navy blue \| 1e5\)\s+size \(1 \| 2.5\)'
    }

    It 'of a connection has what crossed it' {
        $lines = $sample | Get-Line -List

        $lines -match '^Messages +: \d+ in \(.* bytes\), \d+ out' | Should -Not -BeNullOrEmpty
        $lines -match '^ProcessId +: \d+' | Should -Not -BeNullOrEmpty
        $lines -match '^Capabilities +: .*tools' | Should -Not -BeNullOrEmpty
    }
}

Describe 'Under strict mode' {
    It 'the views show the same' {
        # Nothing but a new PowerShell has a global scope of its own.
        $shown = foreach ($mode in '-Off', '-Version Latest') {
            Invoke-FreshPowerShell @"
                . '$PSScriptRoot/Servers.ps1'
                Set-StrictMode $mode
                `$null = Connect-Sample
                `$null = Connect-Faulty error-result
                `$shown = @(
                    Get-McpTool -Server sample
                    Get-McpTool -Server sample | Format-List
                    [pscustomobject]@{ PSTypeName = 'McpProgress.McpTool'; Name = 'bare'; Title = ''; Server = 's'; Description = ''; Arguments = @('a', 'b')
                        InputSchema = [pscustomobject]@{}; OutputSchema = `$null; Annotations = `$null; TaskSupport = `$null } | Format-List
                    'image', 'resource' | ForEach-Object { Invoke-McpTool `$_ -Server error-result } | ForEach-Object { `$_ | Format-List; `$_ | Format-Table }
                    [pscustomobject]@{ PSTypeName = 'McpProgress.McpMedia'; Type = 'image' } | Format-Table
                    [pscustomobject]@{ PSTypeName = 'McpProgress.McpResource'; Type = 'resource' } | Format-List
                    Start-McpProgressServer -Http | Format-Table Name, Status
                    Get-McpEvent connected | Select-Object -First 1 | Format-Table Name, Server
                ) | Out-String -Width 80
                Disconnect-All
                `$shown
"@
        }

        $shown[1] | Should -Match 'filename \(string, required\)'
        $shown[1] | Should -BeExactly $shown[0]
    }
}

Describe 'The table of tools' {
    It 'has no name of megabytes' {
        $tool = [pscustomobject]@{ PSTypeName = 'McpProgress.McpTool'; Name = 'x' * 1mb; Description = 'Long.'; Server = 'hostile' }
        $shown = ($tool | Get-Line) -join ''

        ($shown -replace '[^x]').Length | Should -Be 199
        $shown | Should -Match ([char] 0x2026)
    }

    It 'uses the width of the console, here <Width>' -Skip:(-not $IsLinux -or -not (Get-Command script, stty -ErrorAction Ignore)) -ForEach @(
        @{ Width = 80; Longest = 80 }
        @{ Width = 200; Longest = 200 }
    ) {
        Set-Content "$TestDrive/show.ps1" @"
            . '$PSScriptRoot/Servers.ps1'
            [pscustomobject]@{ PSTypeName = 'McpProgress.McpTool'; Name = 'wide'; Description = 'word ' * 100; Server = 's' } | Out-Host
"@
        $shown = script -qec "stty rows 50 cols $Width; TERM=xterm '$pwsh' $pwshFirst -NoProfile -File '$TestDrive/show.ps1'" /dev/null
        $lines = $shown -replace '\e\[[\d;?]*[a-zA-Z]' -match '\bword\b'
        $lines | Should -HaveCount 2
        $lines[0].TrimEnd().Length | Should -BeGreaterThan ($Longest - 8)
        $lines[0].TrimEnd().Length | Should -BeLessOrEqual $Longest
        $lines[1].TrimEnd() | Should -Match "word.?$([char] 0x2026)$"
    }
}
