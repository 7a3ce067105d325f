using System.Collections.Immutable;
using System.Text;
using CoopGrid.Model;
using NodaTime;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// Reads a founding charter from JSON; comments and trailing commas are allowed. All errors are found at once, each named by its
/// field's path and what the field may be. Fields that are not known are refused. Nothing is changed.
/// </summary>
public static class CharterReader
{
    private const string NameRule = "must be a text of 1 to 128 bytes without control characters";

    /// <summary>Reads a charter from UTF-8.</summary>
    public static CharterReading Read(ReadOnlySpan<byte> json)
    {
        ErrorList errors = new();
        Charter? charter = null;
        JsonFields.Parse(json.ToArray(), errors, fields => charter = Charter(fields, errors));
        return new(errors.Errors.Count == 0 ? charter : null, [.. errors.Errors]);
    }

    /// <summary>Reads a charter from text.</summary>
    public static CharterReading Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    /// <summary>The zone of an IANA id; none, with an error of <c>timeZone</c>, if it is not known.</summary>
    internal static DateTimeZone? FindZone(string id, ErrorList errors)
    {
        DateTimeZone? zone = DateTimeZoneProviders.Tzdb.GetZoneOrNull(id);
        if (zone is not null) return zone;
        string hint = Nearest.Hint(id, DateTimeZoneProviders.Tzdb.Ids);
        errors.Judge(false, "timeZone", $"must be an IANA time zone such as UTC or Europe/Paris; was \"{id}\".{hint}");
        return null;
    }

    private static Charter Charter(JsonFields fields, ErrorList errors)
    {
        string coop = fields.Text("coop", "", Ids.IsWord, JsonFields.WordRule, required: true);
        string timeZone = fields.Text("timeZone", "UTC", Ids.IsName, NameRule);
        DateTimeZone? zone = FindZone(timeZone, errors);
        string name = fields.Text("name", coop, Ids.IsName, NameRule);
        string currency = fields.Text("currency", "credit", Ids.IsName, NameRule);
        GovernancePolicy governance = GovernanceJson.Read(fields.Object("governance"));
        GovernanceRules.Check(governance, errors, "governance.");
        ImmutableArray<CharterClass> classes = Classes(fields, zone, errors);
        MemberNames names = new(classes, errors);
        Charter charter = new()
        {
            Coop = coop,
            Name = name,
            Currency = currency,
            TimeZone = timeZone,
            Governance = governance,
            Classes = classes,
            Members = fields.Objects<CharterMember>("members", [], member => Member(member, names)),
        };
        fields.Done();
        return charter;
    }

    private static ImmutableArray<CharterClass> Classes(JsonFields fields, DateTimeZone? zone, ErrorList errors)
    {
        JsonFields list = fields.Object("classes");
        fields.Require("classes", "must be an object of one or more classes, each with its policy");
        errors.Judge(list.Names.Any(), "classes", "must hold at least one class");
        var classes = ImmutableArray.CreateBuilder<CharterClass>();
        foreach (string name in list.Names)
        {
            // A class is read on its own: its paths begin with its policy.
            ErrorList own = new();
            if (!Ids.IsWord(name)) own.Add("", $"{JsonFields.WordRule}; was \"{name}\"");
            ErrorList inside = new();
            ClassPolicy policy = PolicyReader.Read(list.Object(name, inside));
            PolicyRules.Check(policy, zone, inside);
            classes.Add(new(name, policy));
            foreach (PolicyError error in own.Errors.Concat(inside.Errors))
            {
                PolicyError placed = error.Under($"classes.{name}");
                errors.Add(placed.Path, placed.Message);
            }
        }

        return classes.ToImmutable();
    }

    private static CharterMember Member(JsonFields fields, MemberNames names)
    {
        string name = fields.Text("name", "", Ids.IsName, NameRule, required: true);
        string inClass = fields.Text("class", "", _ => true, "must be one of the charter's classes", required: true);
        var entitlements = fields.Texts("entitlements", _ => true, "must be the name of a lane");
        var senders = fields.Texts("senders", Ids.IsName, NameRule);
        fields.Done();
        names.Check(fields, name, inClass, entitlements, senders);
        return new()
        {
            Name = name,
            Class = inClass,
            Entitlements = [.. entitlements.Select(lane => lane.Text).Distinct()],
            Senders = [.. senders.Select(sender => sender.Text)],
        };
    }

    /// <summary>What members' names must agree with: the classes, their lanes, and each other.</summary>
    private sealed class MemberNames(ImmutableArray<CharterClass> classes, ErrorList errors)
    {
        private readonly HashSet<string> _members = [];
        private readonly Dictionary<string, string> _senders = [];

        public void Check(
            JsonFields fields,
            string name,
            string inClass,
            ImmutableArray<(string Text, string Path)> entitlements,
            ImmutableArray<(string Text, string Path)> senders)
        {
            if (name.Length > 0) errors.Judge(_members.Add(name), fields.PathOf("name"), $"is there twice: \"{name}\"");
            CharterClass? found = classes.FirstOrDefault(known => known.Name == inClass);
            CheckClass(fields.PathOf("class"), inClass, found);
            foreach ((string lane, string path) in entitlements)
            {
                if (found is null) break;
                IEnumerable<string> lanes = found.Policy.Lanes.Select(known => known.Name);
                errors.Judge(lanes.Contains(lane), path, $"must be a lane of {inClass}: {string.Join(", ", lanes)}; was \"{lane}\".{Nearest.Hint(lane, lanes)}");
            }

            foreach ((string sender, string path) in senders)
            {
                if (!_senders.TryAdd(sender, name)) errors.Add(path, $"is bound to \"{_senders[sender]}\" already: \"{sender}\"");
            }
        }

        private void CheckClass(string path, string inClass, CharterClass? found)
        {
            IEnumerable<string> names = classes.Select(known => known.Name);
            errors.Judge(
                found is not null,
                path,
                $"must be one of the charter's classes: {string.Join(", ", names)}; was \"{inClass}\".{Nearest.Hint(inClass, names)}");
        }
    }
}
