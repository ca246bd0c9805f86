using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace McpProgress.Loader.Tests;

public sealed class ModuleLoadContextTests : IDisposable
{
    // In the runtime's own folder, so in the list the rule looks at; nothing here loads it otherwise.
    private const string InRuntime = "System.Net.Quic";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("loader");

    private static Version RuntimeVersion => Assembly.Load(InRuntime).GetName().Version!;

    public void Dispose()
    {
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (UnauthorizedAccessException)
        {
            // Windows keeps the files of loaded assemblies locked for as long as the process lives.
        }
    }

    [Fact]
    public void Main_assembly_and_its_dependencies_live_in_a_context_of_their_own()
    {
        AssemblyLoadContext context = LoadModule();
        AssemblyFile.Write(_folder.FullName, "Dependency", new Version(1, 2, 3, 4));

        Assembly dependency = context.LoadFromAssemblyName(new AssemblyName("Dependency"));

        Assert.NotSame(AssemblyLoadContext.Default, context);
        Assert.Same(context, AssemblyLoadContext.GetLoadContext(dependency));
        Assert.Equal(new Version(1, 2, 3, 4), dependency.GetName().Version);
    }

    [Fact]
    public void Same_name_gives_the_same_assembly_from_any_thread()
    {
        AssemblyFile.Write(_folder.FullName, "Main", new Version(1, 0));
        var context = new ModuleLoadContext(_folder.FullName);
        var loaded = new Assembly[16];

        Parallel.For(0, loaded.Length, i => loaded[i] = context.LoadOwn("Main"));

        Assert.All(loaded, assembly => Assert.Same(loaded[0], assembly));
    }

    [Fact]
    public void Module_wins_over_an_older_runtime()
    {
        AssemblyLoadContext context = LoadModule();
        AssemblyFile.Write(_folder.FullName, InRuntime, new Version(RuntimeVersion.Major + 1, 0, 0, 0));

        Assembly assembly = context.LoadFromAssemblyName(new AssemblyName(InRuntime));

        Assert.Same(context, AssemblyLoadContext.GetLoadContext(assembly));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Runtime_wins_over_the_same_or_an_older_version_in_the_module(int majorsOlder)
    {
        AssemblyLoadContext context = LoadModule();
        Version runtime = RuntimeVersion;
        AssemblyFile.Write(_folder.FullName, InRuntime, new Version(runtime.Major - majorsOlder, runtime.Minor, 0, 0));

        Assembly assembly = context.LoadFromAssemblyName(new AssemblyName(InRuntime));

        Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(assembly));
    }

    [Fact]
    public void The_version_is_the_one_that_the_build_has_written_down()
    {
        AssemblyLoadContext context = LoadModule();
        AssemblyFile.Write(_folder.FullName, InRuntime, new Version(1, 0, 0, 0));
        File.WriteAllLines(Path.Join(_folder.FullName, "versions.txt"), ["Main 1.0", $"{InRuntime} {RuntimeVersion.Major + 1}.0.0.0"]);

        Assembly assembly = context.LoadFromAssemblyName(new AssemblyName(InRuntime));

        Assert.Same(context, AssemblyLoadContext.GetLoadContext(assembly));
    }

    [Fact]
    public void What_is_compiled_for_this_platform_goes_before_what_every_platform_can_load_from_dotnet_10_on()
    {
        string portable = _folder.FullName;
        string compiled = _folder.CreateSubdirectory(RuntimeInformation.RuntimeIdentifier).FullName;
        string foreign = _folder.CreateSubdirectory("some-where64").FullName;
        foreach (string name in new[] { "Main", "Dependency" })
        {
            foreach (string folder in new[] { portable, compiled, foreign })
            {
                AssemblyFile.Write(folder, name, new Version(1, 0, 0, 0));
            }
        }

        AssemblyFile.Write(portable, "Portable", new Version(1, 0, 0, 0));
        string expected = Environment.Version.Major >= 10 ? compiled : portable;
        AssemblyLoadContext context = LoadModule();

        Assert.Equal(expected, Path.GetDirectoryName(context.Assemblies.Single().Location));
        Assert.Equal(expected, Path.GetDirectoryName(context.LoadFromAssemblyName(new AssemblyName("Dependency")).Location));
        Assert.Equal(portable, Path.GetDirectoryName(context.LoadFromAssemblyName(new AssemblyName("Portable")).Location));
    }

    [Fact]
    public void An_old_reference_gets_the_same_assembly_as_a_new_one()
    {
        AssemblyLoadContext context = LoadModule();
        var newer = new Version(RuntimeVersion.Major + 1, 0, 0, 0);
        AssemblyFile.Write(_folder.FullName, InRuntime, newer);

        Assembly forOld = context.LoadFromAssemblyName(new AssemblyName(InRuntime) { Version = new Version(4, 0, 0, 0) });
        Assembly forNew = context.LoadFromAssemblyName(new AssemblyName(InRuntime) { Version = newer });

        Assert.Same(forNew, forOld);
    }

    [Fact]
    public void What_the_module_does_not_bring_comes_from_the_default_context()
    {
        AssemblyLoadContext context = LoadModule();

        Assert.Same(typeof(FactAttribute).Assembly, context.LoadFromAssemblyName(typeof(FactAttribute).Assembly.GetName()));
        Assert.Throws<FileNotFoundException>(() => context.LoadFromAssemblyName(new AssemblyName("Nowhere.To.Be.Found")));
    }

    [Theory]
    [InlineData("runtimes/{0}/native")]
    [InlineData("")]
    public void Native_libraries_are_found_where_NuGet_puts_them_and_beside_the_assemblies(string where)
    {
        (string prefix, string suffix) =
            OperatingSystem.IsWindows() ? ("", ".dll") : OperatingSystem.IsMacOS() ? ("lib", ".dylib") : ("lib", ".so");
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string some = Path.Join(runtime, $"{(OperatingSystem.IsWindows() ? "" : "lib")}System.IO.Compression.Native{suffix}");
        string folder = string.Format(CultureInfo.InvariantCulture, where, RuntimeInformation.RuntimeIdentifier);
        File.Copy(some, Path.Join(Directory.CreateDirectory(Path.Join(_folder.FullName, folder)).FullName, $"{prefix}only_here{suffix}"));
        Assembly main = LoadModule().Assemblies.Single();

        Assert.True(NativeLibrary.TryLoad("only_here", main, null, out nint library));
        Assert.NotEqual(0, library);
        Assert.False(NativeLibrary.TryLoad("not_here", main, null, out _));
    }

    [Fact]
    public void A_missing_file_is_an_error()
    {
        Assert.Throws<FileNotFoundException>(() => new ModuleLoadContext(_folder.FullName).LoadOwn("None"));
    }

    private ModuleLoadContext LoadModule()
    {
        AssemblyFile.Write(_folder.FullName, "Main", new Version(1, 0));
        var context = new ModuleLoadContext(_folder.FullName);
        context.LoadOwn("Main");
        return context;
    }
}
