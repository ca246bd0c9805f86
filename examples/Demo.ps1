<#
.SYNOPSIS
Shows what McpProgress does, in half a minute, on the sample server that comes with it.

.PARAMETER Speed
What the sample tools' delays are divided by. 1 is what a person likes to watch.
#>
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', 'Speed', Justification = 'The steps use it.')]
[CmdletBinding()]
param(
    [ValidateRange(0.1, 1000)]
    [double] $Speed = 1
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

# From a clone the module just built, else an installed one.
$built = Join-Path $PSScriptRoot '../out/McpProgress'
Import-Module ((Test-Path $built) ? $built : 'McpProgress')

function Show-Step {
    <# .SYNOPSIS Says what comes, shows the command as the user would type it, and runs it. #>
    param([string] $Text, [scriptblock] $Command)

    Write-Host "`n# $Text" -ForegroundColor Green
    Write-Host "PS> $("$Command".Trim() -replace '(?m)^ {8}')" -ForegroundColor Cyan
    . $Command | Out-Host
}

try {
    Show-Step 'The sample server, started as a child process and spoken to over stdio.' {
        Start-McpProgressServer -Stdio -Connect -Speed $Speed
    }
    Show-Step 'What it can do.' {
        Get-McpTool *_data, *_file, *_items
    }
    Show-Step 'A call with a known total. Where there is a console, a bar shows the progress.' {
        Invoke-McpTool process_items @{ items = 'apple', 'pear', 'plum', 'cherry', 'quince', 'fig' } -InformationAction Continue
    }
    Show-Step 'A call without a total, as JSON.' {
        Invoke-McpTool install_package '{ "package": "nginx" }' -InformationAction Continue
    }
    Show-Step 'One call for each piped object, with a common row above their bars.' {
        [pscustomobject]@{ filename = 'small.iso'; size_mb = 1 }, [pscustomobject]@{ filename = 'large.iso'; size_mb = 2 } |
            Invoke-McpTool download_file
    }
    Show-Step 'Every update is kept, in order, for scripts.' {
        $null = Invoke-McpTool process_data @{ records = 20 } -ProgressVariable updates
        $updates | Select-Object -First 3
        $updates | Select-Object -Last 1
    }
    Show-Step 'A tool that fails half-way: an error with a stable id.' {
        try {
            Invoke-McpTool fail_halfway
        } catch {
            "$($_.FullyQualifiedErrorId.Split(',')[0]): $_"
        }
    }
    Show-Step 'A tool that never ends, ended by a time limit. The server is told; the connection lives on.' {
        try {
            Invoke-McpTool run_forever -TimeoutSec (3 / $Speed)
        } catch {
            "$($_.FullyQualifiedErrorId.Split(',')[0]): $_"
        }

        Test-McpServer
    }
    Show-Step 'Background work is a job. It goes on beside a call in the foreground, and has its own bar while one waits for it.' {
        $job = Invoke-McpTool analyze_data @{ data_id = 'survey' } -AsJob
        Invoke-McpTool process_items @{ items = 'meanwhile', 'this' } | Format-Table
        Wait-McpTask $job | Format-Table
        Receive-Job $job -AutoRemoveJob -Wait | Format-List
    }
    Show-Step 'Many calls side by side, the results in the order of the input.' {
        1..6 | ForEach-Object { [pscustomobject]@{ items = "item $_" } } | Invoke-McpTool process_items -ThrottleLimit 3
    }
    Show-Step 'The same server over HTTP, with a bearer token.' {
        $token = [System.Net.NetworkCredential]::new('', [guid]::NewGuid()).SecurePassword
        Start-McpProgressServer -Http -Token $token -Speed $Speed -Connect -Name web | Format-List Name, Target, ProtocolVersion, Status
        Invoke-McpTool process_items @{ items = 'over', 'http' } -Server web
    }
    Show-Step 'What crossed the connections, and the last that happened on them.' {
        Get-McpServer | Format-Table
        Get-McpEvent -Last 5 | Format-Table
    }
} finally {
    Get-McpProgressServer | Stop-McpProgressServer
}
