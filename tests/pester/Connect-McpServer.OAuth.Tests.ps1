# Connect-McpServer -OAuth and with client credentials, against a server that wants a token and a browser without a user.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')

    function Open-Protected {
        <# .SYNOPSIS Starts a server that wants a token; with an error given, it refuses every token request. #>
        param([string[]] $ErrorName = @())

        $start = [System.Diagnostics.ProcessStartInfo]::new('dotnet')
        (@($faultyServer, 'protected') + $ErrorName).ForEach({ $start.ArgumentList.Add($_) })
        $start.RedirectStandardOutput = $true
        $process = [System.Diagnostics.Process]::Start($start)
        $processes.Add($process)
        [uri] ($process.StandardOutput.ReadLine() | ConvertFrom-Json).url
    }

    $processes = [System.Collections.Generic.List[System.Diagnostics.Process]]::new()
    $browserBefore = $env:BROWSER
    $env:BROWSER = "dotnet `"$faultyServer`" browse %s"
    $tokens = Join-Path $env:XDG_STATE_HOME 'mcpprogress/tokens'
}

AfterAll {
    Disconnect-All
    foreach ($process in $processes) { $process.Kill() }
    $env:BROWSER = $browserBefore
}

Describe 'Connect-McpServer -OAuth' {
    It 'signs the user in, and a later session without asking again' {
        $uri = Open-Protected
        $connection = Connect-McpServer -Uri $uri -OAuth -WarningVariable warnings -WarningAction SilentlyContinue

        $connection.Status | Should -Be 'Connected'
        Invoke-McpTool work -Server $connection | Should -Be 'work with files:read'
        "$warnings" | Should -Match "wants you to sign in.*$($uri.Authority)/authorize"
        $later = Invoke-FreshPowerShell @"
            Import-Module '$modulePath'
            `$connection = Connect-McpServer -Uri '$uri' -OAuth -WarningVariable warnings -WarningAction SilentlyContinue
            Invoke-McpTool sign_ins
            `$warnings.Count
"@
        $later | Should -Be '1', 0
    }

    It 'keeps the tokens where only the user can read them, and not as they are' -Skip:$IsWindows {
        $null = Connect-McpServer -Uri (Open-Protected) -OAuth -WarningAction SilentlyContinue

        $files = Get-ChildItem $tokens -File
        $files.UnixMode | Sort-Object -Unique | Should -Be '-rw-------'
        (Get-Item $tokens).UnixMode | Should -Be 'drwx------'
        foreach ($file in $files) {
            [System.Text.Encoding]::Latin1.GetString([System.IO.File]::ReadAllBytes($file.FullName)) | Should -Not -Match 'access-|refresh-|127\.0\.0\.1'
        }
    }

    It 'asks for another scope when a tool wants it' {
        $connection = Connect-McpServer -Uri (Open-Protected) -OAuth -WarningAction SilentlyContinue
        $result = Invoke-McpTool 'files:write' -Server $connection -WarningVariable warnings -WarningAction SilentlyContinue

        $result | Should -Be 'files:write with files:read files:write'
        "$warnings" | Should -Match 'wants you to sign in'
    }

    It 'prints the address where there is no browser' {
        $uri = Open-Protected
        $script = "`$env:BROWSER = 'no-such-browser'; `$env:DISPLAY = `$env:WAYLAND_DISPLAY = ''; Connect-McpServer -Uri '$uri' -OAuth 3>&1 | ForEach-Object { [Console]::WriteLine(`$_) }"
        $shell = Open-Pwsh $script
        try {
            $line = $shell.StandardOutput.ReadLine()
            $line | Should -Match 'Open this address in a browser on this machine: http'
            # The user does.
            $null = Invoke-WebRequest ([regex]::Match($line, 'http\S+').Value)
            $shell.StandardOutput.ReadToEnd() | Should -Match ([regex]::Escape($uri.Authority))
        } finally {
            $shell.Kill()
        }
    }

    It 'says McpConnectionFailed with the reason and without the secret when it is refused' {
        $failure = Get-Failure { Connect-McpServer -Uri (Open-Protected invalid_client) -OAuth -ClientId app -ClientSecret (ConvertTo-Secret 'top-secret') -WarningAction SilentlyContinue }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        "$failure" | Should -Match 'invalid_client: as told'
        $failure | Format-List * -Force | Out-String | Should -Not -Match 'top-secret'
    }

    It 'says McpInvalidArgument for a secret of nobody' {
        (Get-Failure { Connect-McpServer -Uri 'http://127.0.0.1:1/mcp' -OAuth -ClientSecret (ConvertTo-Secret 'x') }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }

    It 'takes no -Token beside it' {
        (Get-Failure { Connect-McpServer -Uri 'http://127.0.0.1:1/mcp' -OAuth -Token (ConvertTo-Secret 'x') }).FullyQualifiedErrorId | Should -BeLike 'AmbiguousParameterSet,*'
    }
}

Describe 'Connect-McpServer -ClientId -ClientSecret' {
    It 'signs in as the client, without a user' {
        $connection = Connect-McpServer -Uri (Open-Protected) -ClientId app -ClientSecret (ConvertTo-Secret 'top-secret') -WarningVariable warnings

        Invoke-McpTool work -Server $connection | Should -Be 'work with files:read'
        Invoke-McpTool 'files:write' -Server $connection | Should -Be 'files:write with files:read files:write'
        Invoke-McpTool sign_ins -Server $connection | Should -Be '0'
        $warnings | Should -BeNullOrEmpty
    }

    It 'says McpConnectionFailed with the reason and without the secret when it is refused' {
        $failure = Get-Failure { Connect-McpServer -Uri (Open-Protected invalid_client) -ClientId app -ClientSecret (ConvertTo-Secret 'top-secret') }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        "$failure" | Should -Match 'invalid_client: as told'
        $failure | Format-List * -Force | Out-String | Should -Not -Match 'top-secret'
    }
}
