# Other clients call published commands: the TypeScript SDK's, the Inspector's command line and mcporter.

BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'Common.ps1')
    . (Join-Path $PSScriptRoot 'Node.ps1')
    $hasPeers = Test-NodePeer
}

Describe 'Over <Over>' -Tag Interop -Skip:(-not $hasPeers) -ForEach @{ Over = 'stdio' }, @{ Over = 'HTTP' } {
    BeforeAll {
        . (Join-Path $PSScriptRoot 'PublishServers.ps1')
        . (Join-Path $PSScriptRoot 'Node.ps1')
        $node = Find-Node
        $arguments = $pwshFirst + '-NoProfile', '-NonInteractive', '-Command', "Import-Module '$modulePath'; Start-McpProgressServer -Stdio -Path '$publishedScript'"
        $server = Start-McpProgressServer -Http -Path $publishedScript -Name clients
        $target = $Over -eq 'stdio' ? @($pwsh) + $arguments : @("$($server.Uri)")

        function Invoke-Node {
            # An array, for a bare -- would be taken by PowerShell.
            $lines = & $node @args 2>$null
            if ($LASTEXITCODE) { throw "node ended with $LASTEXITCODE`: $lines" }
            $lines
        }

        function Invoke-TypeScript {
            $options = $args
            $all = @(Join-Path $interop 'ts-client.mjs') + $options + '--' + $target
            Invoke-Node @all | ConvertFrom-Json
        }
    }

    AfterAll {
        Disconnect-All
    }

    It 'the TypeScript SDK sees the progress and the result (<_>)' -ForEach '2025-11-25', '2026-07-28' {
        $era = $_ -eq '2026-07-28' ? @('--modern') : @()
        $messages = Invoke-TypeScript @era --tool Copy-Sample --arguments '{"Source":"ts","Count":4,"Delay":200}'
        # Where the last updates and the result arrive in one piece this SDK hands over the result alone.
        $seen = @($messages.progress | Where-Object { $_ })
        ($seen.progress -join ' ') | Should -BeIn '25 50 75 100', '25 50 75', '25 50', '25'
        $seen[0].message | Should -Be 'Copying ts: file 1 of 4'
        $seen.Count + ($messages.unmatched | Where-Object { $null -ne $_ }) | Should -Be 4
        ($messages.result | Where-Object { $_ }).structuredContent.Copied | Should -Be 4
    }

    It 'the TypeScript SDK finds the output to fit its schema' {
        $messages = Invoke-TypeScript --tool Get-Square --arguments '{"Number":[2,3]}'
        ($messages.result | Where-Object { $_ }).structuredContent.result | Should -Be 4, 9
    }

    It 'the TypeScript SDK cancels (<_>)' -ForEach '2025-11-25', '2026-07-28' {
        $era = $_ -eq '2026-07-28' ? @('--modern') : @()
        $messages = Invoke-TypeScript @era --cancel-after 2 --tool Copy-Sample --arguments '{"Source":"ts","Count":1000,"Delay":60}'
        $messages.cancelled | Where-Object { $_ } | Should -Be 2
        if ($Over -eq 'HTTP') { Wait-Until { $server.CallsInFlight -eq 0 } }
    }

    It 'the Inspector calls a command (<_>)' -ForEach 'legacy', 'modern' {
        $inspector = Join-Path $interop 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js'
        $answer = Invoke-Node $inspector --cli @target --protocol-era $_ --method tools/call --tool-name Copy-Sample --tool-arg Source=inspector --tool-arg Count=2
        ($answer | ConvertFrom-Json).structuredContent.Source | Should -Be 'inspector'
    }

    It 'mcporter calls a command' {
        $how = $Over -eq 'stdio' ? @('--stdio', $pwsh) + ($arguments | ForEach-Object { '--stdio-arg', $_ }) : @('--http-url', "$($server.Uri)", '--allow-http')
        $answer = Invoke-Node (Join-Path $interop 'node_modules/mcporter/dist/cli.js') call @how Copy-Sample --args '{"Source":"mcporter"}' --output json
        ($answer | ConvertFrom-Json).Source | Should -Be 'mcporter'
    }
}
