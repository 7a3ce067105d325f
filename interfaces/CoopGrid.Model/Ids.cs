using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace CoopGrid.Model;

/// <summary>One customer class of one co-op; its text is <c>coop/class</c>.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ClassId")]
public readonly record struct ClassId([property: Id(0)] string Coop, [property: Id(1)] string Class)
{
    public override string ToString() => $"{Coop}/{Class}";

    /// <summary>Reads <c>coop/class</c>.</summary>
    /// <exception cref="FormatException">There is no '/' in the text.</exception>
    public static ClassId Parse(string text)
    {
        (string coop, string name) = Ids.Split(text);
        return new(coop, name);
    }
}

/// <summary>One member of one co-op; its text is <c>coop/member</c>.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.MemberId")]
public readonly record struct MemberId([property: Id(0)] string Coop, [property: Id(1)] string Member)
{
    public override string ToString() => $"{Coop}/{Member}";

    /// <summary>Reads <c>coop/member</c>; the member's own name may hold further slashes.</summary>
    /// <exception cref="FormatException">There is no '/' in the text.</exception>
    public static MemberId Parse(string text)
    {
        (string coop, string name) = Ids.Split(text);
        return new(coop, name);
    }
}

/// <summary>One proposal of one co-op; its text is <c>coop/proposal</c>.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ProposalId")]
public readonly record struct ProposalId([property: Id(0)] string Coop, [property: Id(1)] string Proposal)
{
    public override string ToString() => $"{Coop}/{Proposal}";

    /// <summary>Reads <c>coop/proposal</c>; the proposal's own name may hold further slashes.</summary>
    /// <exception cref="FormatException">There is no '/' in the text.</exception>
    public static ProposalId Parse(string text)
    {
        (string coop, string name) = Ids.Split(text);
        return new(coop, name);
    }
}

/// <summary>What a name may look like. Names of co-ops, classes, lanes and dimensions are short words; the rest is free text.</summary>
public static class Ids
{
    /// <summary>Longest member, sender, meter or idempotency key, in bytes of UTF-8.</summary>
    public const int MaxBytes = 128;

    /// <summary>Longest name of a co-op, class, lane or dimension.</summary>
    public const int MaxWord = 64;

    /// <summary>A word: lower-case letters, digits, '-' and '_', starting with a letter, at most 64 characters.</summary>
    public static bool IsWord([NotNullWhen(true)] string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxWord || !char.IsAsciiLetterLower(text[0])) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_')) return false;
        }

        return true;
    }

    /// <summary>A free name: 1 to 128 bytes of UTF-8 without control characters.</summary>
    public static bool IsName([NotNullWhen(true)] string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxBytes) return false;
        foreach (char c in text)
        {
            if (char.IsControl(c)) return false;
        }

        return text.Length <= MaxBytes / 3 || Encoding.UTF8.GetByteCount(text) <= MaxBytes;
    }

    internal static (string Coop, string Name) Split(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 ? (text[..slash], text[(slash + 1)..]) : throw new FormatException($"'{text}' is not of the form coop/name.");
    }
}
