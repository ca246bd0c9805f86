using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace McpProgress.Loader.Tests;

/// <summary>The assemblies of the built module, as they lie in out/McpProgress/bin.</summary>
public sealed class ModuleAssembliesTests
{
    /// <remarks>
    /// Where PowerShell runs on an older .NET, the module's newer System.Text.Json is in use beside the runtime's. A method of
    /// the runtime that takes a type of the one is then not found by who means the other: what has such methods must be brought
    /// along, too. An application does not have this trouble, because it has one System.Text.Json for all.
    /// </remarks>
    [Fact]
    public void Use_no_member_of_the_runtime_with_a_type_that_the_module_brings()
    {
        string folder = Path.Join(Root(), "out", "McpProgress", "bin");
        // The server is an application of its own.
        string[] files = [.. Directory.GetFiles(folder, "*.dll").Where(file => Path.GetFileName(file) != "mcpprogress-server.dll")];
        HashSet<string> own = [.. files.Select(file => Path.GetFileNameWithoutExtension(file))];
        Assert.Contains("System.Text.Json", own);
        Assert.Empty(files.SelectMany(file => Misfits(file, own)));
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(folder, "McpProgress.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("This is no clone of the project.");
        }

        return folder;
    }

    private static List<string> Misfits(string file, HashSet<string> own)
    {
        using var image = new PEReader(File.OpenRead(file));
        MetadataReader reader = image.GetMetadataReader();
        var types = new OwnTypes(own);
        var misfits = new List<string>();
        foreach (MemberReference member in reader.MemberReferences.Select(reader.GetMemberReference))
        {
            if (AssemblyOf(reader, member.Parent) is not { } home || own.Contains(home) || member.GetKind() != MemberReferenceKind.Method)
            {
                continue;
            }

            MethodSignature<string?> method = member.DecodeMethodSignature(types, null);
            if (method.ParameterTypes.Prepend(method.ReturnType).FirstOrDefault(type => type is not null) is { } brought)
            {
                misfits.Add($"{Path.GetFileName(file)} calls {reader.GetString(member.Name)} of {home} with a type of {brought}");
            }
        }

        return misfits;
    }

    private static string? AssemblyOf(MetadataReader reader, EntityHandle type) => type.Kind switch
    {
        HandleKind.TypeReference => AssemblyOf(reader, reader.GetTypeReference((TypeReferenceHandle)type).ResolutionScope),
        HandleKind.AssemblyReference => reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type).Name),
        _ => null,
    };

    /// <summary>Reduces each type of a signature to the assembly of the module that it needs, or null.</summary>
    private sealed class OwnTypes(HashSet<string> own) : ISignatureTypeProvider<string?, object?>
    {
        public string? GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
            AssemblyOf(reader, handle) is { } assembly && own.Contains(assembly) ? assembly : null;

        public string? GetGenericInstantiation(string? genericType, ImmutableArray<string?> typeArguments) =>
            genericType ?? typeArguments.FirstOrDefault(type => type is not null);

        public string? GetArrayType(string? elementType, ArrayShape shape) => elementType;

        public string? GetByReferenceType(string? elementType) => elementType;

        public string? GetPinnedType(string? elementType) => elementType;

        public string? GetPointerType(string? elementType) => elementType;

        public string? GetSZArrayType(string? elementType) => elementType;

        public string? GetModifiedType(string? modifier, string? unmodifiedType, bool isRequired) => modifier ?? unmodifiedType;

        public string? GetFunctionPointerType(MethodSignature<string?> signature) => null;

        public string? GetGenericMethodParameter(object? genericContext, int index) => null;

        public string? GetGenericTypeParameter(object? genericContext, int index) => null;

        public string? GetPrimitiveType(PrimitiveTypeCode typeCode) => null;

        public string? GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => null;

        public string? GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);
    }
}
