<#
.SYNOPSIS
Runs a folder of Pester tests and leaves the counts in a JSON file.

.PARAMETER Pester
The path of the Pester module to use.

.PARAMETER TestPath
The folder of the tests.

.PARAMETER ResultPath
Where the counts go.

.PARAMETER Tag
Runs only what has this tag.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $Pester,

    [Parameter(Mandatory)]
    [string] $TestPath,

    [Parameter(Mandatory)]
    [string] $ResultPath,

    [string] $Tag
)

# Without strict mode: the tests would inherit it here, and not when they are run by hand.
$ErrorActionPreference = 'Stop'

Import-Module $Pester
$configuration = New-PesterConfiguration
$configuration.Run.Path = $TestPath
$configuration.Run.PassThru = $true
if ($Tag) { $configuration.Filter.Tag = $Tag }
$configuration.Output.Verbosity = 'Normal'
$configuration.Output.CIFormat = 'None'
$run = Invoke-Pester -Configuration $configuration

# tests/pester/Common.ps1 made it; what the tests have started ended with them.
if ($env:MCPPROGRESS_TEST_STATE -and (Test-Path -LiteralPath $env:MCPPROGRESS_TEST_STATE)) {
    Remove-Item -LiteralPath $env:MCPPROGRESS_TEST_STATE -Recurse -Force -ErrorAction Ignore
}

# A test file that breaks before its tests are known has no failed test to show for it.
$failed = $run.FailedCount
if ($run.Result -ne 'Passed' -and -not $failed) { $failed = 1 }
@{
    Passed  = $run.PassedCount
    Failed  = $failed
    Skipped = $run.SkippedCount + $run.InconclusiveCount
} | ConvertTo-Json | Set-Content -LiteralPath $ResultPath
