# What Tab offers: connections, configured servers, tools and progress servers, each with a tooltip.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    $null = Connect-Sample -Name 'the sample'
    $null = Connect-Faulty echo -Name other

    # TabExpansion2 over the whole line.
    function Get-Completion([string] $Line) {
        (TabExpansion2 $Line $Line.Length).CompletionMatches
    }
}

AfterAll {
    Disconnect-All
}

Describe 'Completion' {
    It 'offers the tools of the newest connection, with their descriptions' {
        $offers = Get-Completion 'Invoke-McpTool '

        $offers.CompletionText | Should -Be 'echo', 'add', 'grow', 'count'
        (Get-Completion 'Invoke-McpTool -Name co').ToolTip | Should -BeExactly (Get-McpTool count).Description
    }

    It 'offers the tools of the server on the line' {
        (Get-Completion "Invoke-McpTool -Server 'the sample' -Name proc").CompletionText | Should -Be 'process_items', 'process_data'
        (Get-Completion "Get-McpTool -Server 'the sample' -Name tr").CompletionText | Should -Be 'train_model'
    }

    It 'offers connections to <_>, in quotes where need be' -ForEach @(
        'Invoke-McpTool echo -Server ', 'Get-McpTool -Server ', 'Get-McpServer ', 'Disconnect-McpServer ', 'Test-McpServer '
    ) {
        (Get-Completion $_).CompletionText | Should -Be "'the sample'", 'other'
        (Get-Completion "$_`oth").ToolTip | Should -Match 'FaultyServer'
    }

    It 'offers the configured servers of the current location' {
        Set-Content "$TestDrive/mcp.json" '{ "servers": { "configured-here": { "command": "here" } } }'
        Push-Location $TestDrive
        try {
            $offers = Get-Completion 'Connect-McpServer conf'
        } finally {
            Pop-Location
        }

        $offers.CompletionText | Should -Be 'configured-here'
        $offers.ToolTip | Should -Match 'mcp\.json'
    }

    It 'offers what Get-McpServer would list' {
        Set-Content "$TestDrive/other.json" '{ "servers": { "there": { "command": "there" } } }'
        (Get-Completion 'Get-McpServer -ListAvailable -ConfigurationPath TestDrive:/other.json ').CompletionText | Should -Be 'there'
    }

    It 'offers the servers of a file that is written as PowerShell takes it' {
        Set-Content "$TestDrive/other.json" '{ "servers": { "there": { "command": "there" } } }'
        (Get-Completion 'Connect-McpServer -ConfigurationPath TestDrive:/other.json ').CompletionText | Should -Be 'there'
        (Get-Completion 'Connect-McpServer -ConfigurationPath TestDrive:/none.json conf').CompletionText | Should -Not -Contain 'there'
    }

    It 'offers what is one argument whatever the name is, and nothing of what no terminal should show' {
        $safe = "it's", "q$([char]0x2019); throw 'run'; $([char]0x2018)", '-Force', 'a b'
        $servers = [ordered]@{}
        $safe + "x`e[31m", "two`nlines" | ForEach-Object { $servers[$_] = @{ command = 'x' } }
        @{ servers = $servers } | ConvertTo-Json -Depth 3 | Set-Content "$TestDrive/mcp.json"
        $offers = (Get-Completion "Connect-McpServer -ConfigurationPath '$TestDrive/mcp.json' -Name ").CompletionText

        $offers | Should -HaveCount 4
        $values = $offers | ForEach-Object {
            $errors = $null
            $command = [System.Management.Automation.Language.Parser]::ParseInput("x $_", [ref] $null, [ref] $errors).Find({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
            $errors | Should -BeNullOrEmpty
            $command.CommandElements | Should -HaveCount 2
            $command.CommandElements[1].Value
        }
        $values | Should -Be $safe
    }

    It 'offers the arguments of a tool as parameters' {
        $line = "Invoke-McpTool download_file -Server 'the sample' -"
        (Get-Completion $line).CompletionText | Where-Object { $_ -in '-filename', '-size_mb' } | Should -Be '-filename', '-size_mb'
        (Get-Completion "$($line)si").CompletionText | Should -Be '-size_mb'
        (Get-Completion 'Invoke-McpTool download_file @{ filename = 1 } -Server "the sample" -si').CompletionText | Should -BeNullOrEmpty
        (Get-Completion 'Invoke-McpTool nonsense -').CompletionText | Should -Not -Contain '-__unmatched'
    }

    It 'offers the values that the schema lists, in quotes where need be' {
        function Get-Level { param([ValidateSet('low', 'very high', '2.10', "it's", '-x')][string] $Level) $Level }
        $null = Start-McpProgressServer -Http -Command Get-Level -Connect -Name levels
        try {
            $line = 'Invoke-McpTool Get-Level -Server levels -Level '
            (Get-Completion $line).CompletionText | Should -Be 'low', "'very high'", "'2.10'", "'it''s'", "'-x'"
            (Get-Completion "$line'VE").CompletionText | Should -Be "'very high'"
            foreach ($value in (Get-Completion $line).CompletionText) {
                & ([scriptblock]::Create("$line$value")) | Should -BeExactly (& ([scriptblock]::Create("Write-Output $value")))
            }
        } finally {
            Stop-McpProgressServer levels
            Disconnect-McpServer levels -ErrorAction Ignore
        }
    }

    It 'offers the values that the schema lists elsewhere, and numbers' {
        $null = Connect-Faulty error-result
        $line = 'Invoke-McpTool arguments -Server error-result -'
        (Get-Completion "${line}colour ").CompletionText | Should -Be 'red', "'navy blue'", '1e5'
        (Get-Completion "${line}size ").CompletionText | Should -Be '1', '2.5'
        Disconnect-McpServer error-result
    }

    It 'offers progress servers' {
        $null = Start-McpProgressServer -Http -Name 'over-http'
        (Get-Completion 'Stop-McpProgressServer ov').CompletionText | Should -Be 'over-http'
    }

    It 'offers loaded modules to publish' {
        $offers = Get-Completion 'Start-McpProgressServer -Module McpPr'
        $offers.CompletionText | Should -Be 'McpProgress'
        $offers.ToolTip | Should -Match 'McpProgress'
    }

    It 'offers nothing, and fails not, without a connection' {
        (Invoke-Apart '(TabExpansion2 "Invoke-McpTool x" 16).CompletionMatches').Errors | Should -BeNullOrEmpty
    }
}
