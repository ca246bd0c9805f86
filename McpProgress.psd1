@{
    ModuleVersion        = '0.1.0'
    GUID                 = 'a6a2c9a5-3f0f-4d57-9a43-6f2b8f1f7c10'
    Author               = 'The McpProgress contributors'
    Copyright            = '(c) The McpProgress contributors. MIT License.'
    Description          = 'Call MCP tools from PowerShell and see their progress: Write-Progress bars, background jobs, pipelines, CI.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    NestedModules        = @('bin/McpProgress.Loader.dll', 'McpProgress.PowerShell.dll')
    FormatsToProcess     = @('McpProgress.Format.ps1xml')
    CmdletsToExport      = @(
        'Connect-McpServer'
        'Disconnect-McpServer'
        'Get-McpEvent'
        'Get-McpProgressServer'
        'Get-McpServer'
        'Get-McpTask'
        'Get-McpTool'
        'Invoke-McpTool'
        'New-McpEvent'
        'Register-McpEvent'
        'Remove-McpTask'
        'Resume-McpTask'
        'Send-McpTaskInput'
        'Start-McpEventLog'
        'Start-McpProgressServer'
        'Stop-McpEventLog'
        'Stop-McpProgressServer'
        'Stop-McpTask'
        'Test-McpServer'
        'Wait-McpEvent'
        'Wait-McpTask'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('MCP', 'ModelContextProtocol', 'Progress', 'Jobs', 'AI', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri = 'https://opensource.org/license/mit'
        }
    }
}
