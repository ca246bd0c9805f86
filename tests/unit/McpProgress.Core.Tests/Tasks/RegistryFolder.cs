using McpProgress.Core.Tasks;

namespace McpProgress.Core.Tests.Tasks;

/// <summary>A registry in a folder of its own.</summary>
internal sealed class RegistryFolder : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"mcpprogress-{Guid.NewGuid():N}");

    public RegistryFolder() => Registry = new TaskRegistry(_folder, TimeProvider.System);

    public TaskRegistry Registry { get; }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
