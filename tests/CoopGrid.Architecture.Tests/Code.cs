using System.Text;

namespace CoopGrid.Architecture.Tests;

/// <summary>C# text without its comments and literals, so that a word found in it is code. Line breaks stay.</summary>
internal static class Code
{
    public static string Of(string text)
    {
        StringBuilder code = new(text.Length);
        int i = 0;
        while (i < text.Length)
        {
            int end = EndOfAside(text, i);
            if (end == i)
            {
                code.Append(text[i++]);
                continue;
            }

            code.Append(' ').Append('\n', text.AsSpan(i, end - i).Count('\n'));
            i = end;
        }

        return code.ToString();
    }

    // The position after the comment or literal that begins at i, or i if none does.
    private static int EndOfAside(string text, int i)
    {
        if (At(text, i, "//")) return After(text, i, "\n") - 1;
        if (At(text, i, "/*")) return After(text, i + 2, "*/");
        if (At(text, i, "\"\"\"")) return AfterRaw(text, i);
        if (At(text, i, "@\"") || At(text, i, "$@\"")) return AfterVerbatim(text, text.IndexOf('"', i) + 1);
        if (text[i] == '"') return AfterQuoted(text, i + 1, '"');
        return text[i] == '\'' ? AfterQuoted(text, i + 1, '\'') : i;
    }

    private static bool At(string text, int i, string mark) => string.CompareOrdinal(text, i, mark, 0, mark.Length) == 0;

    private static int After(string text, int i, string mark)
    {
        int found = text.IndexOf(mark, i, StringComparison.Ordinal);
        return found < 0 ? text.Length + (mark == "\n" ? 1 : 0) : found + mark.Length;
    }

    private static int AfterRaw(string text, int i)
    {
        int quotes = i;
        while (quotes < text.Length && text[quotes] == '"') quotes++;
        return After(text, quotes, new string('"', quotes - i));
    }

    private static int AfterVerbatim(string text, int i)
    {
        while (i < text.Length)
        {
            if (text[i] != '"') i++;
            else if (At(text, i, "\"\"")) i += 2;
            else return i + 1;
        }

        return i;
    }

    private static int AfterQuoted(string text, int i, char quote)
    {
        while (i < text.Length && text[i] != quote && text[i] != '\n') i += text[i] == '\\' ? 2 : 1;
        return Math.Min(text.Length, i + 1);
    }
}
