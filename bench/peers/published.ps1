# The commands that the bench publishes.

<#
.SYNOPSIS
Does nothing: the least that a call of a command can cost.
#>
function Test-Nothing {
    [CmdletBinding()]
    param()
}

<#
.SYNOPSIS
Writes progress records as fast as it can and returns how long that took.
#>
function Write-Record {
    [CmdletBinding()]
    param([int] $Count = 100000, [switch] $Silent)

    if ($Silent) { $ProgressPreference = 'SilentlyContinue' }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    for ($i = 1; $i -le $Count; $i++) {
        Write-Progress -Activity 'Many' -Status "record $i" -PercentComplete ([Math]::Floor($i * 100 / $Count))
    }

    [pscustomobject]@{ Milliseconds = $clock.Elapsed.TotalMilliseconds }
}
