using System.Globalization;
using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>Instants as a reader writes them.</summary>
internal static class Utc
{
    /// <summary>Reads <c>2026-03-29T01:00Z</c>.</summary>
    public static Instant At(string text) => Instant.From(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture));
}
