using Xunit;

namespace CoopGrid.Architecture.Tests;

/// <summary>Each rule is seen to pass a sound sample and to fail a planted violation.</summary>
public sealed class RuleTests
{
    private const string Domain = "grains/CoopGrid.Domain/Usage/A.cs";

    [Theory]
    [InlineData("CoopGrid.Domain", "<ProjectReference Include=\"../x/CoopGrid.Model.csproj\" /><PackageReference Include=\"NodaTime\" />", 0)]
    [InlineData("CoopGrid.Domain", "<ProjectReference Include=\"..\\x\\CoopGrid.Interfaces.csproj\" />", 1)]
    [InlineData("CoopGrid.Domain", "<PackageReference Include=\"Microsoft.Orleans.Sdk\" />", 1)]
    [InlineData("CoopGrid.Model", "<ProjectReference Include=\"../CoopGrid.Domain.csproj\" />", 1)]
    [InlineData("CoopGrid.Client", "<ProjectReference Include=\"../CoopGrid.Grains.csproj\" />", 1)]
    [InlineData("CoopGrid.Client", "<PackageReference Include=\"Microsoft.Orleans.Client\" />", 1)]
    [InlineData("CoopGrid.LoadTest", "<ProjectReference Include=\"../CoopGrid.Silo.csproj\" />", 1)]
    [InlineData("CoopGrid.Grains", "<ProjectReference Include=\"../CoopGrid.Silo.csproj\" />", 1)]
    [InlineData("CoopGrid.Unheard", "", 1)]
    [InlineData("CoopGrid.Silo.Tests", "<ProjectReference Include=\"../CoopGrid.Silo.csproj\" />", 0)]
    public void References(string project, string items, int violations) =>
        AssertCount(violations, ReferenceRule.Violations(new($"x/{project}.csproj", $"<Project><ItemGroup>{items}</ItemGroup></Project>")));

    [Theory]
    [InlineData(Domain, "namespace CoopGrid.Domain.Usage;", 0)]
    [InlineData(Domain, "namespace CoopGrid.Domain.Usage.Windows;", 0)]
    [InlineData(Domain, "namespace CoopGrid.Domain;", 1)]
    [InlineData(Domain, "namespace CoopGrid.Domain.Usages;", 1)]
    [InlineData("grains/CoopGrid.Domain/A.cs", "namespace CoopGrid.Domain;", 1)]
    [InlineData("grains/CoopGrid.Domain/Ledger/A.cs", "namespace CoopGrid.Domain.Ledger;", 1)]
    [InlineData("grains/CoopGrid.Grains/Ledger/A.cs", "namespace CoopGrid.Grains.Ledger;", 0)]
    [InlineData("grains/CoopGrid.Grains/Stuff/A.cs", "namespace CoopGrid.Grains.Stuff;", 1)]
    [InlineData("silo/CoopGrid.Silo/Program.cs", "", 0)]
    public void Rooms(string path, string text, int violations) => AssertCount(violations, RoomRule.Violations(new(path, text)));

    [Theory]
    [InlineData("long a = 1; // a double, by DateTime.Now", 0)]
    [InlineData("/* Task */ string a = \"float \\\" Random\"; string b = @\"double \"\" Task\"; char c = '\"';", 0)]
    [InlineData("string a = \"\"\"\n  double \"x\" Task\n  \"\"\";", 0)]
    [InlineData("LocalDateTime a; DateTimeZone b; DoublingPeriods c; int d = e[1..2];", 0)]
    [InlineData("Task<int> A() => null;", 1)]
    [InlineData("var a = DateTime.MinValue;", 1)]
    [InlineData("void A(TimeProvider clock) { }", 1)]
    [InlineData("var a = new Random(1);", 1)]
    [InlineData("using Microsoft.Extensions.Logging;", 1)]
    [InlineData("using Orleans;", 1)]
    [InlineData("double a = 1;", 1)]
    [InlineData("var a = 0.5;", 1)]
    [InlineData("var a = (float)b * Math.Exp(c);", 2)]
    [InlineData("string a = \"x\"; decimal b;", 1)]
    public void Purity(string text, int violations) => AssertCount(violations, PurityRule.Violations(new(Domain, text)));

    [Theory]
    [InlineData("", 300, 0)]
    [InlineData("", 301, 1)]
    [InlineData("a/B.cs 320", 320, 0)]
    [InlineData("a/B.cs 320 # why", 321, 1)]
    [InlineData("a/B.cs 320", 319, 1)]
    [InlineData("a/B.cs 320", 300, 1)]
    [InlineData("a/C.cs 320", 300, 1)]
    public void File_sizes(string exceptions, int lines, int violations) =>
        AssertCount(violations, SizeRule.Violations([new("a/B.cs", Lines(lines))], SizeRule.Exceptions(exceptions)));

    [Theory]
    [InlineData(400, 0)]
    [InlineData(401, 1)]
    public void Test_file_sizes(int lines, int violations) => AssertCount(violations, SizeRule.Violations([new("tests/B.cs", Lines(lines))], []));

    [Theory]
    [InlineData(14, "", 0)]
    [InlineData(15, "", 1)]
    [InlineData(15, "a 15", 0)]
    public void Folder_sizes(int files, string exceptions, int violations) =>
        AssertCount(violations, SizeRule.Violations([.. Enumerable.Range(0, files).Select(i => new SourceFile($"a/{i}.cs", ""))], SizeRule.Exceptions(exceptions)));

    [Theory]
    [InlineData("/// <summary>A.</summary>\n[Immutable]\npublic sealed record A;", 0)]
    [InlineData("internal class A;", 0)]
    [InlineData("public sealed class A\n{\n}", 1)]
    [InlineData("/// <summary>A.</summary>\n\npublic readonly record struct A;", 1)]
    [InlineData("[Immutable]\npublic enum A { }", 1)]
    public void Documentation(string text, int violations) => AssertCount(violations, DocumentationRule.UndocumentedTypes(new(Domain, text)));

    [Theory]
    [InlineData("syntax = \"proto3\";\noption a = \"b\";\n// A.\nmessage A {\n  // B.\n  map<string, int64> b = 1;\n}", 0)]
    [InlineData("message A {\n}", 1)]
    [InlineData("// A.\nmessage A {\n  // B.\n  int64 b = 1;\n  repeated a.C c = 2;\n  string d = 3; // D.\n}", 1)]
    [InlineData("// A.\nenum A {\n  A_UNSPECIFIED = 0;\n  A_B = 1;\n}", 1)]
    [InlineData("// A.\nservice A {\n  rpc B(C) returns (D);\n}", 1)]
    public void Proto_comments(string text, int violations) => AssertCount(violations, DocumentationRule.UncommentedInProto(new("a.proto", text)));

    [Theory]
    [InlineData("AB_UNSPECIFIED = 0; AB_ONE = 1; AB_TWO_X = 2;", 0)]
    [InlineData("AB_UNSPECIFIED = 0; AB_TWO_X = 1; AB_ONE = 2;", 1)]
    [InlineData("AB_UNSPECIFIED = 0; AB_ONE = 1;", 1)]
    [InlineData("AB_UNSPECIFIED = 0; AB_ONE = 1; AB_TWO_X = 3;", 1)]
    public void Enum_order(string values, int violations) =>
        AssertCount(violations, EnumRule.Violations("Ab", [("None", 0), ("One", 1), ("TwoX", 2)], EnumRule.Values($"enum Ab {{\n{values.Replace("AB_", "\n// x = 9\nAB_", StringComparison.Ordinal)}\n}}", "Ab"), ["One", "TwoX"]));

    [Fact]
    public void Enum_order_in_code() =>
        AssertCount(1, EnumRule.Violations("Ab", [("Two", 1), ("One", 2)], [("One", 1), ("Two", 2)], ["One", "Two"]));

    [Fact]
    public void Enum_words() =>
        Assert.Equal([("Unspecified", 0), ("KeyConflict", 2)], EnumRule.Values("enum MemberStatus { MEMBER_STATUS_UNSPECIFIED = 0; MEMBER_STATUS_KEY_CONFLICT = 2; }", "MemberStatus"));

    [Theory]
    [InlineData("[GrainType(\"a\")]\ninternal sealed partial class A : Grain, IA\n{", 0)]
    [InlineData("[KeepAlive]\n[GrainType(\"a\")]\ninternal sealed class A([PersistentState(\"a\")] IPersistentState<S> s) : Grain, IA\n{", 0)]
    [InlineData("internal sealed class A : Grain, IA\n{", 1)]
    [InlineData("[GrainType(\"a\")]\npublic sealed class A : Grain, IA\n{", 1)]
    [InlineData("[GrainType(\"a\")]\ninternal class A(int b) : IA, IGrainBase\n{", 1)]
    [InlineData("public sealed class A : B\n{", 0)]
    [InlineData("[GrainInterfaceType(\"a\")]\npublic interface IA : IGrainWithStringKey\n{", 0)]
    [InlineData("public interface IA : IGrainWithStringKey\n{", 1)]
    [InlineData("[PersistentState(\"a\")] x, [PersistentState(\"b\", \"s\")] y", 0)]
    [InlineData("[PersistentState(\"a\")] x, [PersistentState(\"a\", \"s\")] y", 1)]
    public void Grains(string text, int violations) => AssertCount(violations, GrainRule.Violations([new("g/A.cs", text)]));

    [Theory]
    [InlineData("grains/CoopGrid.Grains/Governance/ProposalGrain.cs", "ClassOf(effect.Class).Adopt(effect.Version);", 0)]
    [InlineData("grains/CoopGrid.Grains/Usage/ClassGrain.Policy.cs", "public async Task<bool> Adopt(PolicyVersion version)\n{ // then Adopt(it)", 0)]
    [InlineData("interfaces/A.cs", "[Alias(\"Adopt\")]\nTask<bool> Adopt(PolicyVersion version);", 0)]
    [InlineData("silo/A.cs", "policies.Adopted(version);", 0)]
    [InlineData("silo/A.cs", "await grains.GetGrain<IClassGrain>(key).Adopt(version);", 1)]
    [InlineData("silo/A.cs", "await grain\n    .Adopt (version);", 1)]
    [InlineData("loadtest/A.cs", "await Task.WhenAll(versions.Select(coop.Adopt));", 1)]
    [InlineData("grains/CoopGrid.Grains/Usage/ClassGrain.cs", "await Adopt(version);", 1)]
    public void Adoption(string path, string text, int violations) => AssertCount(violations, AdoptionRule.Violations(new(path, text)));

    [Theory]
    [InlineData("// TO" + "DO later", 1)]
    [InlineData("# FIX" + "ME now", 1)]
    [InlineData("// TO" + "DO #12: later", 0)]
    [InlineData("// to do", 0)]
    public void Open_ends(string text, int violations) => AssertCount(violations, WordRule.OpenEnds(new("a.cs", text)));

    [Theory]
    [InlineData("[Fact(Sk" + "ip = \"flaky\")]", 1)]
    [InlineData("[Fact] void A() => list.Skip(1);", 0)]
    public void Skipped_tests(string text, int violations) => AssertCount(violations, WordRule.Skipped(new("a.cs", text)));

    [Theory]
    [InlineData("class LeaseManager;", 1)]
    [InlineData("static class Utils { }", 1)]
    [InlineData("record Baseline; record Based; // class Base", 0)]
    public void Empty_names(string text, int violations) => AssertCount(violations, WordRule.EmptyNames(new("a.cs", text)));

    private static string Lines(int count) => string.Concat(Enumerable.Repeat("x\n", count));

    private static void AssertCount(int expected, IEnumerable<string> violations)
    {
        string[] all = [.. violations];
        Assert.True(expected == all.Length, $"{expected} expected, found {all.Length}: {string.Join('\n', all)}");
    }
}
