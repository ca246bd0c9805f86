using McpProgress.Server.Tools;

namespace McpProgress.Server.Samples;

/// <summary>Steps with messages and no total: a client can count and name them, but has no percentage.</summary>
internal static class InstallPackage
{
    private static readonly string[] Steps =
    [
        "Resolving dependencies...",
        "Downloading packages...",
        "Verifying checksums...",
        "Unpacking files...",
        "Running install scripts...",
        "Cleaning up...",
    ];

    public static ServerTool Create(SampleOptions options) => new()
    {
        Name = "install_package",
        Title = "Install a package",
        Description = "Pretends to install a package in several steps of half a second, each with a message but without a total.",
        InputSchema = SampleTools.Schema("""
            {
              "type": "object",
              "properties": {
                "package": { "type": "string", "description": "The name of the package; nothing is really installed." }
              },
              "required": ["package"]
            }
            """),
        Annotations = SampleTools.Harmless,
        Body = async (arguments, context) =>
        {
            var package = arguments.GetString("package");
            for (var i = 0; i < Steps.Length; i++)
            {
                await context.ReportProgressAsync(i + 1, message: Steps[i]).ConfigureAwait(false);
                await options.DelayAsync(0.5, context.CancellationToken).ConfigureAwait(false);
            }

            return ToolResult.FromText($"Successfully installed {package}");
        },
    };
}
