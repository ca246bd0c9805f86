<#
.SYNOPSIS
Builds, tests and packages McpProgress.

.DESCRIPTION
Needs PowerShell 7.4 or newer and the .NET SDK, and no other tool. build.sh finds both and hands over to this script.

build     leaves an importable module in out/McpProgress
test      builds, runs the xUnit, interop and Pester tests and the script analyzer; ends with a line of totals
          (with -Interop only those against real peers)
demo      builds and runs examples/Demo.ps1
bench     builds, runs the benchmarks and writes docs/benchmarks.md
package   builds anew and leaves out/McpProgress.<version>.nupkg, as a PowerShell gallery takes it
clean     removes what the others made

.PARAMETER Task
What to do. The default is build.

.PARAMETER Configuration
The .NET configuration.

.PARAMETER Interop
Runs only the tests against real clients and servers from the npm registry.

.EXAMPLE
./build.ps1 test
#>
[CmdletBinding()]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', 'Configuration', Justification = 'The functions use it.')]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', 'Interop', Justification = 'The functions use it.')]
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'test', 'demo', 'bench', 'package', 'clean')]
    [string] $Task = 'build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release',

    [switch] $Interop
)

#Requires -Version 7.4

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'

$out = Join-Path $PSScriptRoot 'out'
$module = Join-Path $out 'McpProgress'
$results = Join-Path $out 'test-results'
Import-Module (Join-Path $PSScriptRoot 'tools/Test.psm1') -Force

function Write-Step {
    <# .SYNOPSIS Says what comes next. #>
    param([string] $Text)

    Write-Host "== $Text" -ForegroundColor Cyan
}

function Invoke-BuildProject {
    <# .SYNOPSIS Runs a target of tools/Build.proj, restoring packages first. #>
    param([string] $Target, [string[]] $Property = @())

    $project = Join-Path $PSScriptRoot 'tools/Build.proj'
    dotnet msbuild $project -restore "-t:$Target" "-p:Configuration=$Configuration" @Property -m -nodeReuse:false -v:q -nologo -tl:off | Out-Host
}

function Invoke-Pwsh {
    <# .SYNOPSIS Runs a script in a PowerShell of its own, so that what it loads does not stay here. #>
    param([string] $Script, [string[]] $ArgumentList = @())

    # The .NET tool has no launcher: there, this very process is "dotnet pwsh.dll".
    $launcher = Join-Path $PSHOME ($IsWindows ? 'pwsh.exe' : 'pwsh')
    if (Test-Path -LiteralPath $launcher) {
        & $launcher -NoProfile -NonInteractive -File $Script @ArgumentList
    } else {
        dotnet (Join-Path $PSHOME 'pwsh.dll') -NoProfile -NonInteractive -File $Script @ArgumentList
    }
}

function Invoke-Precompilation {
    <# .SYNOPSIS Compiles the module in advance for platforms, and says so where the compiler for one cannot be had. #>
    param([string[]] $Platform)

    $PSNativeCommandUseErrorActionPreference = $false
    foreach ($name in $Platform) {
        $output = dotnet publish (Join-Path $PSScriptRoot 'tools/Precompile') --configuration $Configuration --runtime $name "-p:PowerShellHome=$PSHOME" -nodeReuse:false -v:q -nologo -tl:off 2>&1
        if ($LASTEXITCODE -ne 0) {
            $reason = $output -match ' error ' -replace '.* (error \w+: )', '$1' | Select-Object -First 1
            Write-Host "Not compiled in advance for ${name}, where the module will start slower: $reason"
        }
    }
}

function Write-HelpFile {
    <# .SYNOPSIS Writes the help files again when a page, the cmdlets or the converter is newer than they are. #>
    $pages = Join-Path $PSScriptRoot 'docs/en-US'
    $converter = Join-Path $PSScriptRoot 'tools/*Help.ps*'
    $source = Get-ChildItem (Join-Path $pages '*.md'), (Join-Path $module 'bin/McpProgress.PowerShell.dll'), $converter
    $maml = Join-Path $module 'en-US/McpProgress.PowerShell.dll-Help.xml'
    $newest = ($source | Measure-Object LastWriteTimeUtc -Maximum).Maximum
    if (-not (Test-Path -LiteralPath $maml) -or (Get-Item -LiteralPath $maml).LastWriteTimeUtc -lt $newest) {
        Invoke-Pwsh (Join-Path $PSScriptRoot 'tools/Build-Help.ps1') $pages, $module | Out-Host
    }
}

function Invoke-Build {
    <# .SYNOPSIS Publishes the module into out/McpProgress. #>
    param([string[]] $Platform = [System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier)

    Write-Step "Building the module ($Configuration)"
    Invoke-BuildProject PublishModule
    Invoke-Precompilation $Platform
    Write-HelpFile
    Write-Host "The module is in $module"
}

function Invoke-Test {
    <# .SYNOPSIS Runs every test there is, or with -Interop those against real peers, and returns the totals. #>
    Invoke-Build
    if (Test-Path -LiteralPath $results) { Remove-Item -LiteralPath $results -Recurse }
    $null = New-Item -ItemType Directory -Path $results

    Write-Step 'Building the tests'
    $folder, $tag = $Interop ? ('interop', @('Interop')) : ('*', @())
    Invoke-BuildProject BuildTests '-p:WithTests=true', "-p:TestFolder=$folder"
    Install-InteropPackage -Path (Join-Path $PSScriptRoot 'tests/interop')

    Write-Step 'xUnit and interop tests'
    Invoke-DotnetTest -Root $PSScriptRoot -Configuration $Configuration -ResultPath $results -Folder $folder

    Write-Step 'Pester tests'
    Invoke-PesterSuite -Root $PSScriptRoot -ResultPath $results -Runner ${function:Invoke-Pwsh} -Tag $tag
    if ($Interop) { return }

    Write-Step 'PSScriptAnalyzer'
    Invoke-ScriptAnalysis -Root $PSScriptRoot
}

function Invoke-Bench {
    <# .SYNOPSIS Runs the race of bench/McpProgress.Bench, which prints its report and writes it to docs/benchmarks.md. #>
    # What is measured is what is shipped, whatever -Configuration says.
    $script:Configuration = 'Release'
    Invoke-Build
    Install-InteropPackage -Path (Join-Path $PSScriptRoot 'tests/interop')
    Write-Step 'The race; it takes some minutes'
    $project = Join-Path $PSScriptRoot 'bench/McpProgress.Bench'
    dotnet build $project --configuration Release -nodeReuse:false -v:q -tl:off | Out-Host
    dotnet run --no-build --configuration Release --project $project
}

function Get-Nuspec {
    <# .SYNOPSIS The nuspec of the module as text; everything in it comes from the manifest. #>
    [OutputType([string])]
    param()

    $manifest = Import-PowerShellDataFile (Join-Path $module 'McpProgress.psd1')
    $data = $manifest.PrivateData.PSData
    $version = $manifest.ModuleVersion + ($data['Prerelease'] ? "-$($data.Prerelease)" : '')
    $tags = @('PSModule') + $data.Tags + ($manifest.CmdletsToExport | ForEach-Object { "PSCmdlet_$_"; "PSCommand_$_" }) + 'PSIncludes_Cmdlet'
    $escape = { [System.Security.SecurityElement]::Escape($args[0]) }
    @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>McpProgress</id>
    <version>$version</version>
    <authors>$(& $escape $manifest.Author)</authors>
    <copyright>$(& $escape $manifest.Copyright)</copyright>
    <description>$(& $escape $manifest.Description)</description>
    <license type="expression">MIT</license>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <tags>$(& $escape ($tags -join ' '))</tags>
  </metadata>
  <files>
    <file src="McpProgress/**" target="" />
  </files>
</package>
"@
}

function Invoke-Package {
    <# .SYNOPSIS Packs the module, built anew: the package holds nothing an earlier build left behind. #>
    if (Test-Path -LiteralPath $module) { Remove-Item -LiteralPath $module -Recurse }
    Invoke-Build -Platform linux-x64, linux-arm64, osx-arm64, win-x64, win-arm64
    Write-Step 'Packing'
    $nuspec = Join-Path $out 'McpProgress.nuspec'
    Get-Nuspec | Set-Content -LiteralPath $nuspec
    # NuGet itself writes the package. It wants a project to start from; with a nuspec it takes nothing from it.
    dotnet pack (Join-Path $PSScriptRoot 'src/McpProgress.Loader') --no-build --configuration $Configuration --output $out `
        "-p:NuspecFile=$nuspec" "-p:NuspecBasePath=$out" -p:NoPackageAnalysis=true -nodeReuse:false -v:q -tl:off
    Remove-Item -LiteralPath $nuspec
    Get-ChildItem $out -Filter *.nupkg | ForEach-Object { Write-Host "The package is $($_.FullName)" }
}

function Invoke-Clean {
    <# .SYNOPSIS Removes out and every project's bin and obj. #>
    $projects = 'src/*/*.csproj', 'tests/*/*/*.csproj', 'bench/*.csproj', 'bench/*/*.csproj', 'tools/*/*.csproj' |
        ForEach-Object { Get-ChildItem (Join-Path $PSScriptRoot $_) -ErrorAction Ignore }
    $made = @($out) + ($projects | ForEach-Object { Join-Path $_.Directory 'bin'; Join-Path $_.Directory 'obj' })
    $made | Where-Object { Test-Path -LiteralPath $_ } | Remove-Item -Recurse -Force
}

switch ($Task) {
    'build' { Invoke-Build }
    'demo' { Invoke-Build; Invoke-Pwsh (Join-Path $PSScriptRoot 'examples/Demo.ps1') }
    'bench' { Invoke-Bench }
    'package' { Invoke-Package }
    'clean' { Invoke-Clean }
    'test' {
        $total = Invoke-Test | Measure-TestResult
        Write-Host ''
        Write-Host "$($total.Passed) passed, $($total.Failed) failed, $($total.Skipped) skipped"
        if ($total.Failed) { exit 1 }
    }
}
