using CoopGrid.Model;

// The values of CoopGrid.Model carry Orleans' attributes only; their serializers are generated here.
[assembly: GenerateCodeForDeclaringAssembly(typeof(Instant))]
