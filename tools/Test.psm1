# The parts of "build.ps1 test". Each runs one kind of test and returns Passed, Failed and Skipped, counted from what
# the test runner wrote, never from its exit code alone.

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

function New-TestResult {
    <# .SYNOPSIS The counts of one run. #>
    [CmdletBinding()]
    [System.Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '', Justification = 'It changes nothing.')]
    param([int] $Passed, [int] $Failed, [int] $Skipped)

    [pscustomobject]@{ Passed = $Passed; Failed = $Failed; Skipped = $Skipped }
}

function Measure-TestResult {
    <# .SYNOPSIS Sums results up. #>
    [CmdletBinding()]
    param([Parameter(Mandatory, ValueFromPipeline)] $Result)

    begin { $total = New-TestResult }
    process {
        $total.Passed += $Result.Passed
        $total.Failed += $Result.Failed
        $total.Skipped += $Result.Skipped
    }
    end { $total }
}

function Install-InteropPackage {
    <# .SYNOPSIS Brings the real MCP peers in from the npm registry when the lock file is not the one they came by. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $Path)

    $lock = Join-Path $Path 'package-lock.json'
    if (-not (Test-Path -LiteralPath $lock)) { return }
    $npm = Get-Command npm -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $npm) {
        Write-Host 'npm was not found: the interop tests that need it will say that they were skipped.'
        return
    }

    $installed = Join-Path $Path 'node_modules/.installed-lock'
    if ((Test-Path -LiteralPath $installed) -and (Get-FileHash -LiteralPath $installed).Hash -eq (Get-FileHash -LiteralPath $lock).Hash) { return }
    & $npm ci --prefix $Path --no-audit --no-fund --loglevel=error --fetch-timeout=60000 --fetch-retries=1 | Out-Host
    if ($LASTEXITCODE) { Write-Warning "npm ci failed with exit code $LASTEXITCODE."; return }
    Copy-Item -LiteralPath $lock -Destination $installed
}

function Invoke-DotnetTest {
    <# .SYNOPSIS Runs all built xUnit projects under tests, or under one folder of it, in one go, and counts from the trx file. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $Root, [string] $Configuration, [string] $ResultPath, [string] $Folder = '*')

    $assemblies = Get-ChildItem (Join-Path $Root "tests/$Folder/*/*.Tests.csproj") |
        ForEach-Object { Join-Path $_.Directory "bin/$Configuration/net8.0/$($_.BaseName).dll" }
    $trx = Join-Path $ResultPath 'xunit.trx'
    dotnet test $assemblies --logger "trx;LogFileName=$trx" --results-directory $ResultPath `
        --blame-hang-timeout 10m --blame-hang-dump-type none | Out-Host
    Read-TestRun $trx -ExitCode $LASTEXITCODE
}

function Read-TestRun {
    <# .SYNOPSIS The counts of a trx file. A run that broke off counts as a failure more, whatever its tests said. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $Path, [int] $ExitCode)

    if (-not (Test-Path -LiteralPath $Path)) {
        Write-Warning "The test run left no results (exit code $ExitCode)."
        return New-TestResult -Failed 1
    }

    $counters = ([xml] (Get-Content -LiteralPath $Path -Raw)).TestRun.ResultSummary.Counters
    $failed = [int] $counters.executed - [int] $counters.passed
    # The logger has no count for skipped tests: they are those that were not executed.
    $skipped = [int] $counters.total - [int] $counters.executed
    New-TestResult -Passed $counters.passed -Failed ($ExitCode -and -not $failed ? 1 : $failed) -Skipped $skipped
}

function Find-Pester {
    <# .SYNOPSIS The path of an installed Pester 5.5 or newer, from the gallery if need be; nothing where there is none. #>
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $find = { Get-Module Pester -ListAvailable | Where-Object { $_.Version -ge '5.5' -and $_.Version -lt '6.0' } |
            Sort-Object Version -Descending | Select-Object -First 1 -ExpandProperty Path }
    $found = & $find
    if ($found) { return $found }

    Write-Host 'Pester 5.5 or newer is not installed; asking the gallery.'
    # In a job, because without a network the gallery's commands wait for a very long time.
    $job = Start-Job {
        if (Get-Command Install-PSResource -ErrorAction Ignore) {
            Install-PSResource Pester -Version '[5.5.0,6.0.0)' -Scope CurrentUser -TrustRepository -Quiet
        } elseif (Get-Command Install-Module -ErrorAction Ignore) {
            Install-Module Pester -MinimumVersion 5.5.0 -MaximumVersion 5.99.99 -Scope CurrentUser -Force -SkipPublisherCheck
        }
    }
    $null = Wait-Job $job -Timeout 120
    Receive-Job $job -ErrorAction SilentlyContinue -ErrorVariable failure *> $null
    Remove-Job $job -Force
    if ($failure) { Write-Host "The gallery said: $($failure[0])" }
    & $find
}

function Invoke-PesterSuite {
    <# .SYNOPSIS Runs tests/pester, or what has a tag, on the built module in a PowerShell of its own, and counts from Pester's result. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $Root, [string] $ResultPath, [scriptblock] $Runner, [string[]] $Tag = @())

    $pester = Find-Pester
    if (-not $pester) {
        Write-Host 'The Pester tests were not run: Pester 5.5 or newer is not installed and could not be had from the gallery.'
        return
    }

    $counts = Join-Path $ResultPath 'pester.json'
    try {
        & $Runner (Join-Path $Root 'tools/Invoke-Pester.ps1') (@($pester, (Join-Path $Root 'tests/pester'), $counts) + $Tag) | Out-Host
    } catch {
        Write-Warning "The Pester run broke off: $_"
        return New-TestResult -Failed 1
    }

    $read = Get-Content -LiteralPath $counts -Raw | ConvertFrom-Json
    New-TestResult -Passed $read.Passed -Failed $read.Failed -Skipped $read.Skipped
}

function Invoke-ScriptAnalysis {
    <# .SYNOPSIS Analyzes the scripts where PSScriptAnalyzer is installed. A script with a finding is a failed test. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $Root)

    if (-not (Get-Module PSScriptAnalyzer -ListAvailable)) {
        Write-Host 'The scripts were not analyzed: PSScriptAnalyzer is not installed.'
        return
    }

    $settings = Join-Path $Root 'PSScriptAnalyzerSettings.psd1'
    $scripts = Get-ChildItem $Root -File | Where-Object Extension -In '.ps1', '.psm1', '.psd1'
    $scripts += 'tools', 'tests/pester', 'examples', 'bench' | ForEach-Object { Join-Path $Root $_ } | Where-Object { Test-Path $_ } |
        ForEach-Object { Get-ChildItem $_ -Recurse -File -Include *.ps1, *.psm1, *.psd1 }
    foreach ($script in $scripts) {
        $findings = @(Invoke-ScriptAnalyzer -Path $script.FullName -Settings $settings)
        foreach ($finding in $findings) {
            Write-Host "$($finding.Severity): $($script.Name):$($finding.Line): $($finding.RuleName): $($finding.Message)"
        }

        $bad = $findings.Count -gt 0
        New-TestResult -Passed ([int] -not $bad) -Failed ([int] $bad)
    }
}

Export-ModuleMember -Function Measure-TestResult, Install-InteropPackage, Invoke-DotnetTest, Invoke-PesterSuite, Invoke-ScriptAnalysis
