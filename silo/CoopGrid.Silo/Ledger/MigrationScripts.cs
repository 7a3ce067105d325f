using System.Reflection;
using DbUp.Engine;

namespace CoopGrid.Silo.Ledger;

/// <summary>The scripts that make a schema, as they are built into this program.</summary>
internal static class MigrationScripts
{
    /// <summary>Those whose names begin with a kind and a hyphen, in the order in which they are applied.</summary>
    public static List<SqlScript> Of(string kind)
    {
        Assembly assembly = typeof(MigrationScripts).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(kind + "-", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return new SqlScript(name, reader.ReadToEnd());
            })];
    }
}
