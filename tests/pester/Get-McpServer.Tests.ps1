# Get-McpServer: open connections and configured servers.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    $alpha = Connect-Faulty echo -Name alpha
    $alpine = Connect-Faulty echo -Name alpine
    $beta = Connect-Faulty echo -Name beta
}

AfterAll {
    Disconnect-All
}

Describe 'Get-McpServer' {
    It 'lists the open connections, oldest first' {
        (Get-McpServer).Name | Should -Be 'alpha', 'alpine', 'beta'
    }

    It 'takes names and wildcards, ignoring case' {
        Get-McpServer AL* | Should -Be $alpha, $alpine
        Get-McpServer beta, alpha | Should -Be $beta, $alpha
        Get-McpServer no* | Should -BeNullOrEmpty
    }

    It 'takes a name with brackets as it is' {
        $address = Connect-Faulty echo -Name '[::1]:8000'
        Get-McpServer '[::1]:8000' | Should -Be $address
        (Get-McpEvent connected -Server '[::1]:8000').Server | Should -Be '[::1]:8000'
        $address | Disconnect-McpServer
    }

    It 'takes names from the pipeline' {
        'beta', 'alpha' | Get-McpServer | Should -Be $beta, $alpha
    }

    It 'says McpServerNotFound for a name without wildcards, and goes on' {
        $found = Get-McpServer gamma, beta -ErrorVariable failures -ErrorAction SilentlyContinue

        $failures.FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
        $found | Should -Be $beta
    }
}

Describe 'Null' {
    It 'is no name: <_>' -ForEach 'Get-McpServer $null', 'Get-McpServer alpha, $null', 'Get-McpTool $null', 'Get-McpProgressServer $null', 'Get-McpTask $null', '$null | Get-McpTask', 'Get-McpTask -Server $null',
    'Wait-McpTask $null', '$null | Wait-McpTask', 'Resume-McpTask x -Server $null', 'Get-McpEvent $null', 'Get-McpEvent -Server $null', 'Get-McpEvent -Path $null',
    'Register-McpEvent log -Server $null', 'Wait-McpEvent connected -Server $null', 'Start-McpEventLog x -Name $null' {
        (Get-Failure ([scriptblock]::Create($_))).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentValidationError*'
    }
}

Describe 'Get-McpServer -ListAvailable' {
    BeforeAll {
        Set-Content "$TestDrive/mcp.json" '{ "servers": {
            "github": { "command": "npx", "args": ["-y", "secret-argument"] },
            "remote": { "type": "http", "url": "https://mcp.example.com/mcp", "headers": { "Authorization": "Bearer secret" } }, // a comment
        } }'
        Push-Location $TestDrive
    }

    AfterAll {
        Pop-Location
    }

    It 'lists the configured servers with where they come from, and no secret' {
        $servers = Get-McpServer -ListAvailable github, remote

        $servers.GetType().Name | Should -Not -Contain 'McpConnection'
        $servers.Name | Should -Be 'github', 'remote'
        $servers.Transport | Should -Be 'Stdio', 'Http'
        $servers.Target | Should -Be 'npx', 'https://mcp.example.com/mcp'
        $servers[0].Path | Should -BeLike '*mcp.json'
        $servers | Format-List | Out-String | Should -Not -Match 'secret'
    }

    It 'takes a name with brackets as it is' {
        Set-Content 'brackets.json' '{ "servers": { "a[0]": { "command": "npx" } } }'
        (Get-McpServer -ListAvailable 'a[0]' -ConfigurationPath brackets.json).Name | Should -Be 'a[0]'
    }

    It 'reports a file that does not parse, and still lists the others' {
        $folder = New-Item -ItemType Directory "$TestDrive/half"
        Set-Content "$folder/.mcp.json" '{ "mcpServers": '
        Set-Content "$folder/mcp.json" '{ "servers": { "good": { "command": "good" } } }'
        Push-Location $folder
        try {
            $servers = Get-McpServer -ListAvailable -ErrorVariable failures -ErrorAction SilentlyContinue
        } finally {
            Pop-Location
        }

        $failures[0].FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        $servers.Name | Should -Contain 'good'
    }

    It 'shows no control characters of a file that came from somewhere' {
        @{ servers = @{ "a`e[31m" = @{ command = "b`e]0;title`a" } } } | ConvertTo-Json -Depth 3 | Set-Content "$TestDrive/odd.json"
        # What is left when the colours of the headings are gone.
        $text = (Get-McpServer -ListAvailable -ConfigurationPath "$TestDrive/odd.json" | Out-String) -replace '\e\[[\d;]*m'
        $text | Should -Match 'a\[31m'
        $text | Should -Not -Match "[`e`a]"
    }

    It 'says McpServerNotFound for a name no file has' {
        (Get-Failure { Get-McpServer -ListAvailable nobody }).FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
    }
}
