# Nobody runs this. The manifest names McpProgress.PowerShell.dll, which the loader finds where PowerShell does not look (see
# ModuleInitializer.cs), and Test-ModuleManifest, which asks before a gallery takes the module, wants a file of that name,
# with or without another extension behind it.
