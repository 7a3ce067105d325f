using System.Xml.Linq;

namespace CoopGrid.Architecture.Tests;

/// <summary>
/// References run one way: Model ← Domain ← Grains ← Silo, Model ← Interfaces ← Grains, Protocol ← Silo and Client. What a project
/// may reference stands here; a project that does not is refused, tests aside.
/// </summary>
internal static class ReferenceRule
{
    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["CoopGrid.Model"] = [],
        ["CoopGrid.Protocol"] = [],
        ["CoopGrid.Domain"] = ["CoopGrid.Model"],
        ["CoopGrid.Interfaces"] = ["CoopGrid.Model"],
        ["CoopGrid.Grains"] = ["CoopGrid.Domain", "CoopGrid.Interfaces", "CoopGrid.Model"],
        ["CoopGrid.Silo"] = ["CoopGrid.Grains", "CoopGrid.Domain", "CoopGrid.Interfaces", "CoopGrid.Model", "CoopGrid.Protocol"],
        ["CoopGrid.Client"] = ["CoopGrid.Protocol"],
        ["CoopGrid.Cli"] = ["CoopGrid.Client"],
        ["CoopGrid.LoadTest"] = ["CoopGrid.Client"],
        ["CoopGrid.Benchmarks"] = ["CoopGrid.Domain", "CoopGrid.Model"],
        ["CoopGrid.StoreBenchmarks"] = ["CoopGrid.Silo"],
        ["CoopGrid.SteppedSilo"] = ["CoopGrid.Silo"],
    };

    /// <summary>The only packages of the projects that must stay small.</summary>
    private static readonly Dictionary<string, string[]> Packages = new()
    {
        ["CoopGrid.Model"] = ["Microsoft.Orleans.CodeGenerator", "Microsoft.Orleans.Serialization"],
        ["CoopGrid.Domain"] = ["NodaTime"],
        ["CoopGrid.Interfaces"] = ["Microsoft.Orleans.Sdk"],
        ["CoopGrid.Protocol"] = ["Google.Protobuf", "Grpc.Net.Client", "Grpc.Tools"],
    };

    /// <summary>Projects outside the grid: they speak to it by gRPC and never see Orleans.</summary>
    private static readonly string[] Outside = ["CoopGrid.Client", "CoopGrid.Cli", "CoopGrid.LoadTest"];

    public static IEnumerable<string> Violations(SourceFile project)
    {
        string name = Path.GetFileNameWithoutExtension(project.Path);
        if (name.EndsWith(".Tests", StringComparison.Ordinal)) yield break;
        if (!Projects.TryGetValue(name, out string[]? allowed))
        {
            yield return $"{project}: is no project of the design; give it a place in {nameof(ReferenceRule)}";
            yield break;
        }

        XElement root = XElement.Parse(project.Text);
        foreach (string target in Included(root, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))))
        {
            if (!allowed.Contains(target)) yield return $"{project}: {name} must not reference {target}; it may reference: {string.Join(", ", allowed)}";
        }

        foreach (string package in Included(root, "PackageReference"))
        {
            bool known = !Packages.TryGetValue(name, out string[]? few) || few.Contains(package);
            if (!known) yield return $"{project}: {name} must not reference the package {package}";
            bool orleans = package.StartsWith("Microsoft.Orleans", StringComparison.Ordinal);
            if (orleans && Outside.Contains(name)) yield return $"{project}: {name} must not know Orleans: {package}";
        }
    }

    /// <summary>What the project uses; a reference that only orders the build is none.</summary>
    private static IEnumerable<string> Included(XElement root, string item) =>
        root.Descendants(item)
            .Where(reference => reference.Attribute("ReferenceOutputAssembly")?.Value != "false")
            .Select(reference => reference.Attribute("Include")?.Value)
            .OfType<string>();
}
