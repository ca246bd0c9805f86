# The Node.js that runs the peers of tests/interop; dot-source it after Common.ps1.

$interop = Join-Path $root 'tests/interop'

function Find-Node {
    <# .SYNOPSIS The Node.js that npm installed with the peers, else the one on the PATH, else nothing. #>
    $system = $IsWindows ? 'win' : $IsMacOS ? 'darwin' : 'linux'
    $architecture = "$([System.Runtime.InteropServices.RuntimeInformation]::OSArchitecture)".ToLowerInvariant()
    $installed = Join-Path $interop "node_modules/node-$system-$architecture/bin/$($IsWindows ? 'node.exe' : 'node')"
    if (Test-Path -LiteralPath $installed) { return $installed }
    (Get-Command node -CommandType Application -ErrorAction Ignore | Select-Object -First 1).Source
}

function Test-NodePeer {
    <# .SYNOPSIS Whether the peers are installed, with a Node.js that is new enough for all of them. #>
    $node = Find-Node
    $node -and (Test-Path (Join-Path $interop 'node_modules/mcporter')) -and [version] ((& $node --version).TrimStart('v')) -ge [version] '24.0'
}
